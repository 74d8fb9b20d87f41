namespace ResearchFreeze.DynamicFreeze;

/// <summary>Where a piece of a cache's memory lies.</summary>
internal readonly record struct CachePlace(int Chunk, int Offset, int Bytes);

/// <summary>Memory in chunks, handed out piece by piece. A chunk whose pieces are all given back is used again from its start. Not for several threads.</summary>
internal abstract class CacheStorage(long limit) : IDisposable
{
    private const int Alignment = 64;

    private readonly List<Chunk> chunks = [];
    private readonly Dictionary<int, Stack<CachePlace>> free = [];

    /// <summary>The bytes of a chunk; the last may have fewer.</summary>
    protected const int ChunkBytes = 64 << 20;

    /// <summary>The most bytes.</summary>
    public long Limit { get; private set; } = limit;

    /// <summary>Bytes of all pieces that are handed out.</summary>
    public long Used { get; private set; }

    protected int Count => chunks.Count;

    /// <summary>A piece, or null where it would be more than the limit.</summary>
    public CachePlace? Take(int bytes)
    {
        int rounded = Rounded(bytes);
        // A single sample of more is none that reading would be faster for.
        if (rounded > ChunkBytes) return null;
        if (free.TryGetValue(rounded, out Stack<CachePlace>? again) && again.TryPop(out CachePlace found)) return Taken(found with { Bytes = bytes });
        int index = chunks.FindIndex(chunk => chunk.Size - chunk.End >= rounded);
        if (index < 0)
        {
            // A file's last chunk may have been smaller; the next one begins where it would have ended.
            long reserved = (long)chunks.Count * ChunkBytes;
            int size = (int)Math.Min(ChunkBytes, Limit - reserved);
            if (size < rounded) return null;
            if (!TryAdd(size))
            {
                Limit = reserved;
                return null;
            }
            chunks.Add(new Chunk(size));
            index = chunks.Count - 1;
        }
        var place = new CachePlace(index, chunks[index].End, bytes);
        chunks[index].End += rounded;
        return Taken(place);
    }

    /// <summary>Gives a piece back.</summary>
    public void Return(CachePlace place)
    {
        Used -= place.Bytes;
        Chunk chunk = chunks[place.Chunk];
        int rounded = Rounded(place.Bytes);
        if (--chunk.Pieces > 0)
        {
            if (!free.TryGetValue(rounded, out Stack<CachePlace>? pieces)) free[rounded] = pieces = new Stack<CachePlace>();
            pieces.Push(place);
            return;
        }
        chunk.End = 0;
        foreach ((int size, Stack<CachePlace> pieces) in free.ToArray()) free[size] = new Stack<CachePlace>(pieces.Where(piece => piece.Chunk != place.Chunk).Reverse());
    }

    /// <summary>Takes over a piece that an earlier cache handed out in the same memory; false: there is no such place.</summary>
    public bool TakeOver(CachePlace place)
    {
        if (place.Chunk < 0 || place.Chunk >= chunks.Count || place.Offset < 0 || place.Bytes <= 0 || place.Offset % Alignment != 0 || place.Offset > chunks[place.Chunk].Size - place.Bytes) return false;
        chunks[place.Chunk].End = Math.Max(chunks[place.Chunk].End, Rounded(place.Offset + place.Bytes));
        Taken(place);
        return true;
    }

    /// <summary>The bytes of a piece, until it is given back.</summary>
    public Span<byte> this[CachePlace place] => At(place.Chunk, place.Offset, place.Bytes);

    public abstract void Dispose();

    /// <summary>Makes one more chunk; false: there is no room for it, and what there is must do.</summary>
    protected abstract bool TryAdd(int bytes);

    protected abstract Span<byte> At(int chunk, int offset, int bytes);

    /// <summary>A chunk that is there already.</summary>
    protected void Found(int bytes) => chunks.Add(new Chunk(bytes));

    private static int Rounded(int bytes) => (int)Math.Min(((long)bytes + Alignment - 1) / Alignment * Alignment, int.MaxValue);

    private CachePlace Taken(CachePlace place)
    {
        Used += place.Bytes;
        chunks[place.Chunk].Pieces++;
        return place;
    }

    private sealed class Chunk(int size)
    {
        public int Size { get; } = size;

        public int End { get; set; }

        public int Pieces { get; set; }
    }
}
