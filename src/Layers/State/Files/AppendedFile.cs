using Microsoft.Win32.SafeHandles;

namespace ResearchFreeze.Layers;

/// <summary>
/// A file that grows by whole lines, or records, while a program runs, so that a program that is killed keeps what it wrote. A line that cannot be written now (the disk is full) is kept in memory and tried again with the next one: a
/// log is no reason to lose a run.
/// </summary>
public sealed class AppendedFile : IDisposable
{
    private readonly SafeFileHandle file;
    private readonly MemoryStream waiting = new();
    private bool isLonger;      // than what is kept
    private bool isTold;

    /// <summary>Opens the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">Bytes that are kept of a file that is there; what is behind them is cut off by <see cref="CutBack"/>, or as soon as something is written. Null: the file must not be there, and begins empty.</param>
    /// <exception cref="IOException">It cannot be written, is there already, or is shorter than what is to be kept.</exception>
    public AppendedFile(string path, long? length = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = path;
        file = File.OpenHandle(path, length is null ? FileMode.CreateNew : FileMode.Open, FileAccess.Write, FileShare.Read);
        try
        {
            if (length is not { } kept) return;
            long there = RandomAccess.GetLength(file);
            if (there < kept) throw new IOException($"'{path}' has {there} bytes, expected at least {kept}.");
            (isLonger, Length) = (there > kept, kept);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Bytes that the operating system has taken.</summary>
    public long Length { get; private set; }

    /// <summary>Is told once, in one line, if a line could not be written.</summary>
    public Action<string>? Warn { get; set; }

    /// <summary>Writes a line, which has its line end, or a record.</summary>
    public void Append(ReadOnlySpan<byte> line)
    {
        waiting.Write(line);
        try
        {
            WriteWaiting();
        }
        catch (IOException exception)
        {
            if (isTold) return;
            isTold = true;
            Warn?.Invoke($"'{Path}' cannot be written ({exception.Message.ReplaceLineEndings(" ").TrimEnd('.')}); what belongs there is kept in memory and tried again.");
        }
    }

    /// <summary>Writes what is left and waits for the disk.</summary>
    /// <returns>The file's length.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public long Commit()
    {
        CutBack();
        WriteWaiting();
        RandomAccess.FlushToDisk(file);
        return Length;
    }

    /// <summary>Writes what is left, and closes the file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Dispose()
    {
        if (file.IsClosed) return;
        try
        {
            WriteWaiting();
        }
        finally
        {
            file.Dispose();
            waiting.Dispose();
        }
    }

    /// <summary>Cuts off what is behind the length that is kept, where the file was opened with one.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void CutBack()
    {
        if (isLonger) RandomAccess.SetLength(file, Length);
        isLonger = false;
    }

    /// <summary>At its place, so that a write that was cut short is written over by the next try.</summary>
    private void WriteWaiting()
    {
        if (waiting.Length == 0) return;
        CutBack();
        RandomAccess.Write(file, waiting.GetBuffer().AsSpan(0, (int)waiting.Length), Length);
        Length += waiting.Length;
        waiting.SetLength(0);
    }
}
