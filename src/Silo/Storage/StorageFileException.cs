namespace EngageCenter.Storage;

/// <summary>
/// Thrown if the host cannot start because the file named by <c>Storage:SqliteFile</c> cannot be used as the store: it is
/// not a SQLite database, its folder is not writable, or a newer version of this program wrote it. The message names the
/// file, the setting and the reason.
/// </summary>
public sealed class StorageFileException(string message, Exception? cause = null) : Exception(message, cause);
