namespace ResearchFreeze.Training;

/// <summary>Things that can be named on the command line. A user's own program adds its own beside the built-in ones.</summary>
/// <param name="kind">What they are, for messages: <c>model</c>, <c>policy</c>.</param>
public sealed class Catalogue<T>(string kind)
{
    private readonly SortedDictionary<string, (string Usage, Func<Spec, T> Make)> entries = new(StringComparer.Ordinal);

    /// <summary>The names, sorted.</summary>
    public IReadOnlyCollection<string> Names => entries.Keys;

    /// <summary>How each is written.</summary>
    public IEnumerable<string> Usages => entries.Values.Select(entry => entry.Usage);

    /// <summary>Adds one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="usage">How it is written, for messages.</param>
    /// <param name="make">Makes it from its settings.</param>
    public void Add(string name, string usage, Func<Spec, T> make) => entries.Add(name, (usage, make));

    /// <summary>Makes what a spec names.</summary>
    /// <exception cref="ArgumentException">The name or a setting is unknown; the message lists the known ones.</exception>
    public T Create(string text)
    {
        Spec spec = Spec.Parse(text);
        if (!entries.TryGetValue(spec.Name, out (string Usage, Func<Spec, T> Make) entry))
            throw new ArgumentException($"{char.ToUpperInvariant(kind[0])}{kind[1..]} '{spec.Name}' is unknown; known are {string.Join(", ", entries.Keys)}.");
        T made = entry.Make(spec);
        spec.Finish();
        return made;
    }
}
