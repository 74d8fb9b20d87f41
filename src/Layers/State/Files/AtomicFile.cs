namespace ResearchFreeze.Layers;

/// <summary>Files appear whole or not at all: written beside, flushed to disk, renamed.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file. On failure nothing is left behind and an older file stays.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its content.</param>
    /// <param name="replaces">Whether a file that is there is replaced. Otherwise exactly one of several that write it at once succeeds, and the file is empty for the moment before it is whole.</param>
    /// <exception cref="IOException">It cannot be written, or is there and is not to be replaced.</exception>
    public static void Write(string path, Action<Stream> write, bool replaces = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        // Nobody else's, neither in another process nor on another machine that shares the folder.
        string beside = $"{path}.{Path.GetRandomFileName()}.partial";
        bool isClaimed = false;
        try
        {
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            // File.Move's own way not to replace a file looks first and renames then: of two at once both succeed.
            if (!replaces)
            {
                new FileStream(path, FileMode.CreateNew, FileAccess.Write).Dispose();
                isClaimed = true;
            }
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            if (isClaimed) File.Delete(path);
            throw;
        }
    }
}
