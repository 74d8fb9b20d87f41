namespace ResearchFreeze.Layers;

/// <summary>What all branches of a <see cref="StateTree"/> share: its entries by their full names, and which of them were read.</summary>
internal sealed class StateEntries(Dictionary<string, SafetensorsEntry> entries)
{
    private readonly HashSet<string> read = new(StringComparer.Ordinal);
    private string[]? sorted;

    public IEnumerable<KeyValuePair<string, SafetensorsEntry>> All => entries;

    /// <summary>Whether the tree is written before anything else happens.</summary>
    public bool IsForWriting { get; init; }

    public SafetensorsEntry? Find(string name) => entries.GetValueOrDefault(name);

    public bool TryAdd(string name, SafetensorsEntry entry)
    {
        sorted = null;
        return entries.TryAdd(name, entry);
    }

    /// <summary>An entry, which counts as read from now on.</summary>
    public SafetensorsEntry? Read(string name)
    {
        read.Add(name);
        return Find(name);
    }

    public bool IsRead(string name) => read.Contains(name);

    /// <summary>Nothing that begins so has been read.</summary>
    public void Forget(string prefix) => read.RemoveWhere(name => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The names that begin so, in order: found by halving, since a tree of many branches is asked for each of them.</summary>
    public IEnumerable<string> Under(string prefix)
    {
        sorted ??= [.. entries.Keys.Order(StringComparer.Ordinal)];
        int at = Array.BinarySearch(sorted, prefix, StringComparer.Ordinal);
        for (int i = at < 0 ? ~at : at; i < sorted.Length && sorted[i].StartsWith(prefix, StringComparison.Ordinal); i++) yield return sorted[i];
    }
}
