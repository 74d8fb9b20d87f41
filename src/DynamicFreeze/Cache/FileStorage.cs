using System.IO.MemoryMappedFiles;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A cache's memory in a file that is mapped, chunk after chunk of one size, and stays when the process ends or is killed. The file belongs to one process at a time.</summary>
internal sealed unsafe class FileStorage : CacheStorage
{
    private readonly FileStream file;
    private readonly List<(MemoryMappedFile Map, MemoryMappedViewAccessor View, IntPtr Start)> maps = [];

    /// <summary>Opens or makes the file.</summary>
    /// <exception cref="IOException">Another run has it, or it cannot be written.</exception>
    public FileStorage(string path, long limit)
        : base(Math.Max(1, limit / ChunkBytes) * ChunkBytes)
    {
        file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        // A file that was cut has a last chunk that is none.
        for (long whole = file.Length / ChunkBytes; maps.Count < whole && (maps.Count + 1L) * ChunkBytes <= Limit;)
        {
            Map(ChunkBytes);
            Found(ChunkBytes);
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

    protected override void Add(int bytes)
    {
        // All chunks have one size, by which they are found again.
        long length = (maps.Count + 1L) * ChunkBytes;
        if (file.Length < length) file.SetLength(length);
        Map(bytes);
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
