namespace ResearchFreeze.Training;

/// <summary>That one process at a time writes to a run's folder. It ends with the process, however that ends; the empty file stays where it was killed, and holds nobody up.</summary>
internal sealed class RunLock : IDisposable
{
    private readonly FileStream file;

    private RunLock(FileStream file) => this.file = file;

    /// <summary>Takes it.</summary>
    /// <exception cref="IOException">Another has it.</exception>
    public static RunLock Take(string folder)
    {
        string path = Path.Combine(folder, RunFiles.Lock);
        try
        {
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose));
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new IOException($"'{folder}': another run is writing to this folder; give another folder, or wait until it has ended.");
        }
    }

    /// <summary>Gives it back.</summary>
    public void Dispose() => file.Dispose();
}
