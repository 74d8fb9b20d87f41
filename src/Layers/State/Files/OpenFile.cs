using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ResearchFreeze.Layers;

/// <summary>A file that is open for reading until it is disposed of, or nobody has it any more.</summary>
internal sealed class OpenFile : IDisposable
{
    // The garbage collector sees memory, not handles, of which a process has a thousand or so: with many of them open it is asked to look for those that nobody uses.
    private static readonly HandleCollector Collector = new(nameof(OpenFile), 64);

    private readonly SafeFileHandle handle;

    private OpenFile(SafeFileHandle handle, string path)
    {
        this.handle = handle;
        Path = path;
        Collector.Add();
    }

    ~OpenFile() => Close();

    /// <summary>How many are open.</summary>
    public static int Count => Collector.Count;

    /// <summary>What it is called in a message.</summary>
    public string Path { get; }

    /// <summary>How many bytes it has now.</summary>
    public long Length
    {
        get
        {
            long length = RandomAccess.GetLength(handle);
            GC.KeepAlive(this);
            return length;
        }
    }

    /// <summary>Opens a file. One that is replaced or deleted meanwhile stays what it was, where the system can do that.</summary>
    public static OpenFile Open(string path) => new(File.OpenHandle(path, share: FileShare.Read | FileShare.Delete), path);

    /// <summary>Reads as many bytes as there are, up to the span's length; 0: the file has ended.</summary>
    public int Read(Span<byte> bytes, long offset)
    {
        int count = RandomAccess.Read(handle, bytes, offset);
        GC.KeepAlive(this);
        return count;
    }

    /// <summary>Closes it.</summary>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    private void Close()
    {
        if (handle.IsClosed) return;
        handle.Dispose();
        Collector.Remove();
    }
}
