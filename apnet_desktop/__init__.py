"""APNet Desktop: recurrence risk after acute pancreatitis from CT and clinical factors."""
