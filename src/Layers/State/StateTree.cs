using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Named values in branches: what <see cref="IStateful"/> objects save themselves to. Everything is a number or an array of numbers, so a tree is one safetensors file.</summary>
public sealed class StateTree
{
    private readonly SortedDictionary<string, SafetensorsEntry> entries;
    private readonly string prefix;

    /// <summary>An empty tree.</summary>
    public StateTree()
        : this([], "")
    {
    }

    private StateTree(SortedDictionary<string, SafetensorsEntry> entries, string prefix)
    {
        this.entries = entries;
        this.prefix = prefix;
    }

    /// <summary>The names in this branch, without its prefix.</summary>
    public IEnumerable<string> Names => entries.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]);

    /// <summary>A branch: names written to it begin with the name and a slash.</summary>
    public StateTree Branch(string name) => new(entries, $"{prefix}{name}/");

    /// <summary>Whether a value exists.</summary>
    public bool Contains(string name) => entries.ContainsKey(prefix + name);

    /// <summary>Writes an integer.</summary>
    public void Set(string name, long value) => entries[prefix + name] = SafetensorsEntry.Of(Shape.Scalar, [value]);

    /// <summary>Writes reals.</summary>
    public void Set(string name, Shape shape, double[] values) => entries[prefix + name] = SafetensorsEntry.Of(shape, values);

    /// <summary>Writes reals.</summary>
    public void Set(string name, Shape shape, float[] values) => entries[prefix + name] = SafetensorsEntry.Of(shape, values);

    /// <summary>Writes a tensor's elements in the device's own precision.</summary>
    public void Set(string name, Tensor tensor) => Set(name, SafetensorsEntry.Of(tensor));

    /// <summary>Writes an entry as it is.</summary>
    public void Set(string name, SafetensorsEntry entry) => entries[prefix + name] = entry;

    /// <summary>Reads an integer.</summary>
    public long Integer(string name) => Entry(name, Shape.Scalar).Integers[0];

    /// <summary>Reads reals of any shape.</summary>
    public double[] Reals(string name) => Entry(name, null).ToDoubles();

    /// <summary>Reads into a tensor of the same shape.</summary>
    public void Read(string name, Tensor into)
    {
        ArgumentNullException.ThrowIfNull(into);
        Entry(name, into.Shape).CopyTo(into);
    }

    /// <summary>Writes the tree beside the path and renames it.</summary>
    public void Save(string path) => Safetensors.Write(path, entries);

    /// <summary>Reads a tree.</summary>
    /// <exception cref="FormatException">The file is no safetensors file.</exception>
    public static StateTree Load(string path) => new(new SortedDictionary<string, SafetensorsEntry>(Safetensors.Read(path), StringComparer.Ordinal), "");

    /// <summary>Reads an entry, of this shape if one is given.</summary>
    public SafetensorsEntry Entry(string name, Shape? shape = null)
    {
        if (!entries.TryGetValue(prefix + name, out SafetensorsEntry? entry)) throw new FormatException($"State: '{prefix}{name}' is missing.");
        if (shape is { } expected && entry.Shape != expected) throw new FormatException($"State: '{prefix}{name}' has shape {entry.Shape}, expected {expected}.");
        return entry;
    }
}
