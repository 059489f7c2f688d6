"""Built images: references, the sources they are read from, and the Container they give."""
