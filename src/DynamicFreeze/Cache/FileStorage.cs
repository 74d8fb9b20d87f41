using System.IO.MemoryMappedFiles;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// A cache's memory in a file that is mapped, chunk after chunk of one size, the last perhaps smaller, and stays when the process ends or is killed. The file belongs to one process at a time. It has no holes: writing to a mapped one on a
/// full disk would end the process.
/// </summary>
internal sealed unsafe class FileStorage : CacheStorage
{
    private readonly FileStream file;
    private readonly List<(MemoryMappedFile Map, MemoryMappedViewAccessor View, IntPtr Start)> maps = [];

    /// <summary>Opens or makes the file.</summary>
    /// <exception cref="IOException">Another run has it, or it cannot be written.</exception>
    public FileStorage(string path, long limit)
        : base(limit)
    {
        file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        for (long rest = Math.Min(file.Length, Limit); rest > 0; rest -= ChunkBytes)
        {
            int size = (int)Math.Min(ChunkBytes, rest);
            Map(size);
            Found(size);
        }
    }

    public override void Dispose()
    {
        foreach ((MemoryMappedFile map, MemoryMappedViewAccessor view, _) in maps)
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            map.Dispose();
        }
        maps.Clear();
        file.Dispose();
    }

    protected override bool TryAdd(int bytes)
    {
        // All chunks but the last have one size, by which they are found again.
        long start = (long)maps.Count * ChunkBytes, before = file.Length;
        try
        {
            // Once a chunk.
            var zeros = new byte[1 << 20];
            file.Position = Math.Min(before, start);
            while (file.Position < start + bytes) file.Write(zeros, 0, (int)Math.Min(zeros.Length, start + bytes - file.Position));
            file.Flush();
        }
        catch (IOException)
        {
            file.SetLength(before);
            return false;
        }
        Map(bytes);
        return true;
    }

    protected override Span<byte> At(int chunk, int offset, int bytes) => new((byte*)maps[chunk].Start + offset, bytes);

    private void Map(int bytes)
    {
        var map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        MemoryMappedViewAccessor view = map.CreateViewAccessor((long)maps.Count * ChunkBytes, bytes);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        maps.Add((map, view, (IntPtr)(start + view.PointerOffset)));
    }
}
