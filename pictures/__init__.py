"""How the pictures of the courses are made: charts from their numbers, photographs of the site."""
