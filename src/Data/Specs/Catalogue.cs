namespace ResearchFreeze.Data;

/// <summary>Things that can be named on the command line. A user's own program adds its own beside the built-in ones.</summary>
/// <param name="kind">What they are, for messages: <c>model</c>, <c>policy</c>.</param>
public sealed class Catalogue<T>(string kind)
{
    // What a spec, a list of metrics and a chain of augmentations are split at.
    private const string Reserved = ":,+";

    private readonly SortedDictionary<string, (CatalogueEntry Entry, Func<Spec, T> Make)> entries = new(StringComparer.Ordinal);

    /// <summary>The names, sorted.</summary>
    public IReadOnlyCollection<string> Names => entries.Keys;

    /// <summary>What there is, by name.</summary>
    public IEnumerable<CatalogueEntry> Entries => entries.Values.Select(entry => entry.Entry);

    private string Kind => $"{char.ToUpperInvariant(kind[0])}{kind[1..]}";

    /// <summary>Adds one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="usage">How it is written, with its settings and their defaults: <c>mine:threshold=1</c>.</param>
    /// <param name="summary">What it is, in one line of at most 80 characters: <c>freeze list</c> shows it.</param>
    /// <param name="make">Makes it from its settings.</param>
    /// <exception cref="ArgumentException">The name is there already, or cannot be written on a command line.</exception>
    public void Add(string name, string usage, string summary, Func<Spec, T> make) => Add(new CatalogueEntry(name, usage, summary), make);

    /// <summary>Adds one with all that is shown of it.</summary>
    /// <param name="entry">As it is shown.</param>
    /// <param name="make">Makes it from its settings.</param>
    /// <exception cref="ArgumentException">The name is there already, or cannot be written on a command line.</exception>
    public void Add(CatalogueEntry entry, Func<Spec, T> make)
    {
        ArgumentNullException.ThrowIfNull(entry);
        (string name, string usage, string summary) = entry;
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(usage);
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(make);
        int odd = name.AsSpan().IndexOfAny(Reserved);
        if (odd >= 0) throw new ArgumentException($"{Kind} '{name}' cannot be named so: '{name[odd]}' ends a name on the command line.");
        if (!entries.TryAdd(name, (entry, make))) throw new ArgumentException($"{Kind} '{name}' is there already; give yours another name.");
    }

    /// <inheritdoc cref="Add(string, string, string, Func{Spec, T})"/>
    public void Add(string name, string usage, Func<Spec, T> make) => Add(name, usage, "", make);

    /// <summary>Adds one that is written as its name alone.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="make">Makes it from its settings.</param>
    /// <exception cref="ArgumentException">The name is there already, or cannot be written on a command line.</exception>
    public void Add(string name, Func<Spec, T> make) => Add(name, name, "", make);

    /// <summary>Makes what a spec names.</summary>
    /// <exception cref="ArgumentException">The name or a setting is unknown; the message lists the known ones.</exception>
    public T Create(string text) => Create(text, null);

    /// <summary>Makes what a spec names, of which a run has kept something.</summary>
    /// <param name="text">The spec.</param>
    /// <param name="kept">See <see cref="Spec.Kept"/>.</param>
    /// <exception cref="ArgumentException">The name or a setting is unknown; the message lists the known ones.</exception>
    public T Create(string text, string? kept)
    {
        Spec spec = Spec.Parse(text, kept);
        if (!entries.TryGetValue(spec.Name, out (CatalogueEntry Entry, Func<Spec, T> Make) found))
            throw new ArgumentException($"{Kind} '{spec.Name}' is unknown; known are {string.Join(", ", entries.Keys)}.");
        T made = found.Make(spec);
        spec.Finish();
        return made;
    }
}
