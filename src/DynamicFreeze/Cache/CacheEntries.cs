namespace ResearchFreeze.DynamicFreeze;

/// <summary>What is kept of one sample.</summary>
/// <param name="Place">Where.</param>
/// <param name="Boundary">Behind which stage, counted from 1; 0: nothing is kept.</param>
/// <param name="Check">CRC-32C of the bytes.</param>
/// <param name="IsChecked">Whether the bytes were written by this process or have been found to have that sum.</param>
internal readonly record struct CacheEntry(CachePlace Place, int Boundary, uint Check, bool IsChecked);

/// <summary>What a cache keeps, by a sample's augmentation and its place in its data set. A data thread may ask while the training thread writes.</summary>
internal sealed class CacheEntries(CacheStorage storage, int variants)
{
    private readonly Lock held = new();
    private readonly Dictionary<ulong, CacheEntry[]> sections = [];

    /// <summary>All that is kept.</summary>
    public IEnumerable<(ulong Key, int Id, CacheEntry Entry)> All =>
        sections.SelectMany(section => section.Value.Index().Where(each => each.Item.Boundary > 0).Select(each => (section.Key, each.Index, each.Item)));

    /// <summary>Samples of an augmentation come.</summary>
    /// <exception cref="InvalidOperationException">There are more augmentations than were said.</exception>
    public void Admit(ulong key)
    {
        lock (held)
        {
            if (sections.ContainsKey(key)) return;
            if (sections.Count == variants)
                throw new InvalidOperationException($"Cache: samples come in more than {variants} augmentation{(variants == 1 ? "" : "s")}, so that what is kept would never be read again; the options' Variants say how many there are.");
            sections.Add(key, []);
        }
    }

    /// <summary>What is kept of a sample; nothing: the default.</summary>
    public CacheEntry Find(ulong key, int id)
    {
        lock (held) return sections.TryGetValue(key, out CacheEntry[]? section) && (uint)id < (uint)section.Length ? section[id] : default;
    }

    /// <summary>Whether something is kept of every sample, up to a boundary.</summary>
    public bool HasAll(ulong key, ReadOnlySpan<int> ids, int boundary)
    {
        lock (held)
        {
            if (!sections.TryGetValue(key, out CacheEntry[]? section)) return false;
            foreach (int id in ids)
            {
                if ((uint)id >= (uint)section.Length || section[id].Boundary is 0 || section[id].Boundary > boundary) return false;
            }
            return true;
        }
    }

    /// <summary>Memory for what a sample gave at a boundary; null where there is none left, and then what was kept of it stays.</summary>
    public CachePlace? Open(ulong key, int id, int bytes)
    {
        lock (held)
        {
            CacheEntry[] section = Section(key, id);
            CacheEntry before = section[id];
            if (before.Boundary > 0 && before.Place.Bytes == bytes)
            {
                // Until it is closed again what is there is neither the one nor the other.
                section[id] = before with { Boundary = 0 };
                return before.Place;
            }
            if (storage.Take(bytes) is not { } place) return null;
            if (before.Boundary > 0) storage.Return(before.Place);
            section[id] = default;
            return place;
        }
    }

    /// <summary>Memory from <see cref="Open"/> is filled.</summary>
    public void Close(ulong key, int id, CacheEntry entry)
    {
        lock (held) Section(key, id)[id] = entry;
    }

    /// <summary>Drops what is kept of a sample.</summary>
    public void Drop(ulong key, int id)
    {
        lock (held)
        {
            storage.Return(sections[key][id].Place);
            sections[key][id] = default;
        }
    }

    /// <summary>Drops what lies behind a boundary.</summary>
    public void DropBehind(int boundary)
    {
        lock (held)
        {
            foreach (CacheEntry[] section in sections.Values)
            {
                for (int id = 0; id < section.Length; id++)
                {
                    if (section[id].Boundary <= boundary) continue;
                    storage.Return(section[id].Place);
                    section[id] = default;
                }
            }
        }
    }

    private CacheEntry[] Section(ulong key, int id)
    {
        CacheEntry[] section = sections[key];
        if (id >= section.Length)
        {
            Array.Resize(ref section, Math.Max(id + 1, Math.Max(1024, 2 * section.Length)));
            sections[key] = section;
        }
        return section;
    }
}
