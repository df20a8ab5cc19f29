"""Pictures, films, sound and files of courses: kept, measured, captioned, served."""
