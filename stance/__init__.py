"""Each actor's stance on foreign troop presence in Arabic news: data, training, evaluation and tracking."""
