using System.Globalization;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Named values in branches: what <see cref="IStateful"/> objects save themselves to. Everything is a number, an array of numbers or a text, so a tree is one safetensors file. Names are ordinal, the same under every
/// culture. What is read is checked: whatever is missing, of another kind or length, or out of range is a <see cref="FormatException"/> in one line that names the entry, what was expected and what was found.
/// </summary>
public sealed class StateTree
{
    private readonly StateEntries entries;
    private readonly string prefix;

    /// <summary>An empty tree.</summary>
    public StateTree()
        : this(new StateEntries([]), "")
    {
    }

    /// <summary>An empty tree that is written before anything else happens: a model's tensors stay where they are meanwhile.</summary>
    internal static StateTree ForWriting() => new(new StateEntries([]) { IsForWriting = true }, "");

    /// <summary>A tree of these entries.</summary>
    internal StateTree(Dictionary<string, SafetensorsEntry> entries)
        : this(new StateEntries(entries), "")
    {
    }

    private StateTree(StateEntries entries, string prefix)
    {
        this.entries = entries;
        this.prefix = prefix;
    }

    /// <summary>The names in this branch in their order, without its prefix.</summary>
    public IEnumerable<string> Names => entries.Under(prefix).Select(name => name[prefix.Length..]);

    /// <summary>The entries in this branch in the order of their names, without its prefix.</summary>
    internal IEnumerable<KeyValuePair<string, SafetensorsEntry>> Entries => Names.Select(name => KeyValuePair.Create(name, entries.Find(prefix + name)!));

    /// <summary>Reads a tree.</summary>
    /// <exception cref="FormatException">The file is no safetensors file.</exception>
    public static StateTree Load(string path) => new(Safetensors.Read(path));

    /// <summary>A branch: names written to it begin with the name and a slash.</summary>
    public StateTree Branch(string name) => new(entries, $"{prefix}{name}/");

    /// <summary>Whether a value exists.</summary>
    public bool Contains(string name) => entries.Find(prefix + name) is not null;

    /// <summary>Writes an integer.</summary>
    public void Set(string name, long value) => Set(name, SafetensorsEntry.Of(Shape.Scalar, [value]));

    /// <summary>Writes an integer that may need all 64 bits: a random stream's position.</summary>
    public void Set(string name, ulong value) => Set(name, unchecked((long)value));

    /// <summary>Writes a flag.</summary>
    public void Set(string name, bool value) => Set(name, value ? 1L : 0);

    /// <summary>Writes a real.</summary>
    public void Set(string name, double value) => Set(name, SafetensorsEntry.Of(Shape.Scalar, [value]));

    /// <summary>Writes a text.</summary>
    public void Set(string name, string text) => Set(name, SafetensorsEntry.Of(text));

    /// <summary>Writes integers.</summary>
    public void Set(string name, long[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Set(name, SafetensorsEntry.Of([values.Length], values));
    }

    /// <summary>Writes reals.</summary>
    public void Set(string name, double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Set(name, SafetensorsEntry.Of([values.Length], values));
    }

    /// <summary>Writes reals.</summary>
    public void Set(string name, Shape shape, double[] values) => Set(name, SafetensorsEntry.Of(shape, values));

    /// <summary>Writes reals.</summary>
    public void Set(string name, Shape shape, float[] values) => Set(name, SafetensorsEntry.Of(shape, values));

    /// <summary>Writes a tensor's elements in the device's own precision.</summary>
    public void Set(string name, Tensor tensor) => Set(name, SafetensorsEntry.Of(tensor));

    /// <summary>The same of a tensor that is there, and as it is, until a tree that was made <see cref="ForWriting"/> is written: it is not copied then.</summary>
    internal void Refer(string name, Tensor tensor) => Set(name, entries.IsForWriting ? SafetensorsEntry.Referring(tensor) : SafetensorsEntry.Of(tensor));

    /// <summary>Writes an entry as it is.</summary>
    /// <exception cref="ArgumentException">There is one of that name: two that save themselves under one name would lose one's state.</exception>
    public void Set(string name, SafetensorsEntry entry)
    {
        if (!entries.TryAdd(prefix + name, entry)) throw new ArgumentException($"State: '{prefix}{name}' is written twice.");
    }

    /// <summary>Reads an integer in [least, most].</summary>
    public long Integer(string name, long least = long.MinValue, long most = long.MaxValue) => InRange(name, Entry(name, SafetensorsKind.Integers, Shape.Scalar).Integers[0], least, most);

    /// <summary>Reads an integer in [least, most], a count where nothing else is said.</summary>
    public int Int32(string name, int least = 0, int most = int.MaxValue) => (int)Integer(name, least, most);

    /// <summary>Reads an integer of 64 bits.</summary>
    public ulong Unsigned(string name) => unchecked((ulong)Integer(name));

    /// <summary>Reads a flag.</summary>
    public bool Flag(string name) => Integer(name, 0, 1) != 0;

    /// <summary>Reads a real of any value.</summary>
    public double Real(string name) => Entry(name, SafetensorsKind.Reals, Shape.Scalar).ToDoubles()[0];

    /// <summary>Reads a real in [least, most].</summary>
    public double Real(string name, double least, double most)
    {
        double value = Real(name);
        return value >= least && value <= most ? value : throw Bad(name, Invariant($"must be in [{least}, {most}], found {value}"));
    }

    /// <summary>Reads a text.</summary>
    public string Text(string name) => Entry(name, SafetensorsKind.Text, null).Text ?? throw Bad(name, "is no text in UTF-8");

    /// <summary>Reads integers in [least, most], as many as are expected.</summary>
    public long[] Integers(string name, int length, long least = long.MinValue, long most = long.MaxValue)
    {
        long[] values = Entry(name, SafetensorsKind.Integers, [length]).Integers;
        foreach (long value in values) InRange(name, value, least, most);
        return values;
    }

    /// <summary>Reads reals of any shape.</summary>
    public double[] Reals(string name) => Entry(name, SafetensorsKind.Reals, null).ToDoubles();

    /// <summary>Reads reals, as many as are expected.</summary>
    public double[] Reals(string name, int length) => Entry(name, SafetensorsKind.Reals, [length]).ToDoubles();

    /// <summary>Reads reals of a shape, for a tensor that gets them later: <see cref="SafetensorsEntry.CopyTo"/>. Where no shape is given, of any.</summary>
    public SafetensorsEntry Entry(string name, Shape? shape = null) => Entry(name, SafetensorsKind.Reals, shape);

    /// <summary>Reads into a tensor of the same shape.</summary>
    public void Read(string name, Tensor into)
    {
        ArgumentNullException.ThrowIfNull(into);
        Entry(name, into.Shape).CopyTo(into);
    }

    /// <summary>Checks that a text is what it should be: the kind and the settings of what the state belongs to.</summary>
    /// <param name="name">The text's name.</param>
    /// <param name="expected">What it should be.</param>
    /// <param name="anyWill">Whether another is fine.</param>
    public void Require(string name, string expected, bool anyWill = false)
    {
        string found = Text(name);
        if (!anyWill && found != expected) throw Bad(name, $"is '{found}', expected '{expected}'");
    }

    /// <summary>Loads this branch, all of it or nothing: everything is read and checked, what nobody has read is an error, and only then something changes.</summary>
    /// <param name="read">Reads and checks; what it returns makes the change. See <see cref="IStateful.ReadState"/>.</param>
    public void Apply(Func<StateTree, Action> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        entries.Forget(prefix);
        Action change = read(this);
        string[] left = [.. entries.Under(prefix).Where(name => !entries.IsRead(name))];
        if (left.Length > 0) throw Bad(left[0][prefix.Length..], left.Length == 1 ? "belongs to nothing that is loaded" : $"and {left.Length - 1} more belong to nothing that is loaded");
        change();
    }

    /// <summary>Writes this branch to another tree. It counts as read.</summary>
    internal void CopyTo(StateTree other)
    {
        foreach (string name in Names) other.Set(name, entries.Read(prefix + name)!);
    }

    /// <summary>Writes the tree beside the path and renames it.</summary>
    public void Save(string path) => Safetensors.Write(path, entries.All);

    /// <summary>An error about an entry of this branch, for checks of one's own: <c>throw state.Bad("units", $"must be {units}, found {found}")</c>.</summary>
    public FormatException Bad(string name, string what) => new($"State: '{prefix}{name}' {what}.".ReplaceLineEndings(" "));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private long InRange(string name, long value, long least, long most) => value >= least && value <= most ? value : throw Bad(name, Invariant($"must be in [{least}, {most}], found {value}"));

    private SafetensorsEntry Entry(string name, SafetensorsKind kind, Shape? shape)
    {
        SafetensorsEntry entry = entries.Read(prefix + name) ?? throw Bad(name, "is missing");
        if (entry.Kind != kind) throw Bad(name, $"holds {entry.Kind.ToString().ToLowerInvariant()} ({entry.Type}), expected {kind.ToString().ToLowerInvariant()}");
        if (shape is { } expected && entry.Shape != expected) throw Bad(name, $"has shape {entry.Shape}, expected {expected}");
        return entry;
    }
}
