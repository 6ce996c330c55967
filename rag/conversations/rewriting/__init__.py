"""Questions that lean on earlier ones, made to stand alone."""
