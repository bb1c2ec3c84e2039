"""Models behind one contract: baselines and the actor network. Class probabilities and evidence come out."""
