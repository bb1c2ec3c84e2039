"""Plain text before anyone has marked it: sentences now; pages, dates and actors have their room here."""
