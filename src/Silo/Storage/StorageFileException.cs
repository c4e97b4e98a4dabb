namespace EngageCenter.Storage;

/// <summary>
/// The host cannot start, since the file named by <c>Storage:SqliteFile</c> cannot serve as its store: it is no SQLite
/// database, its folder cannot be written, or a newer version of this program wrote it. The message names the file,
/// the setting and the reason.
/// </summary>
public sealed class StorageFileException(string message, Exception? cause = null) : Exception(message, cause);
