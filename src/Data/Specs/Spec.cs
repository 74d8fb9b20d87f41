using System.Globalization;

namespace ResearchFreeze.Data;

/// <summary>
/// A name with settings, as written on the command line: <c>name:key=value,…</c> or <c>name:number,…</c>; a list is one value, joined by '+': <c>name:key=0-4+7</c>. What reads it asks for each setting by name; what nobody asked for is an error.
/// </summary>
public sealed class Spec
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private readonly List<string> numbers = [];
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);
    private bool askedNumbers;

    private Spec(string text, string name)
    {
        Text = text;
        Name = name;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>What is before the colon.</summary>
    public string Name { get; }

    /// <summary>What a run's folder has kept of a file that the spec names, so that this need not be there any more; null: nothing.</summary>
    public string? Kept { get; private init; }

    /// <summary>Reads a spec.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static Spec Parse(string text) => Parse(text, null);

    /// <summary>Reads a spec of which a run has kept something.</summary>
    /// <param name="text">As it is written.</param>
    /// <param name="kept">See <see cref="Kept"/>.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static Spec Parse(string text, string? kept)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        var spec = new Spec(text, colon < 0 ? text : text[..colon]) { Kept = kept };
        if (spec.Name.Length == 0) throw new ArgumentException($"'{text}' names nothing; expected name:key=value,… or name:number,….");
        if (colon < 0) return spec;
        foreach (string part in text[(colon + 1)..].Split(','))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (part.Length == 0 || equals == 0) throw new ArgumentException($"'{text}': '{part}' is neither key=value nor a number.");
            if (equals < 0) spec.numbers.Add(part);
            else if (!spec.values.TryAdd(part[..equals], part[(equals + 1)..])) throw new ArgumentException($"'{text}': '{part[..equals]}' is given twice.");
        }
        return spec;
    }

    /// <summary>The positional whole numbers.</summary>
    public int[] Integers()
    {
        askedNumbers = true;
        return [.. numbers.Select(number => Whole("each number", number))];
    }

    /// <summary>The positional words: what is neither a number nor has a name, as a path.</summary>
    public string[] Words()
    {
        askedNumbers = true;
        return [.. numbers];
    }

    /// <summary>A whole number by name.</summary>
    public int Integer(string key, int otherwise) => Ask(key) is { } value ? Whole(key, value) : otherwise;

    /// <summary>A real number by name.</summary>
    public double Real(string key, double otherwise) => Ask(key) is { } value ? Number(key, value) : otherwise;

    /// <summary>Real numbers by name, joined by '+'; null where there are none.</summary>
    public double[]? Reals(string key) => Ask(key) is { } value ? [.. value.Split('+').Select(number => Number(key, number))] : null;

    /// <summary>Whole numbers from 0 by name, alone or in ranges, joined by '+': <c>0-4+7</c>; null where there are none.</summary>
    /// <param name="key">The name.</param>
    /// <param name="most">How many there may be, ranges counted in full.</param>
    public int[]? Ranges(string key, int most)
    {
        if (Ask(key) is not { } value) return null;
        var found = new List<int>();
        foreach (string part in value.Split('+'))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !ends.All(end => int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
                throw new ArgumentException($"'{Text}': {key} must be numbers and ranges as in 0-4+7, found '{part}'.");
            int first = Whole(key, ends[0]), last = Whole(key, ends[^1]);
            if (last < first) throw new ArgumentException($"'{Text}': a range of {key} must ascend, found '{part}'.");
            if ((long)found.Count + last - first >= most) throw new ArgumentException($"'{Text}': {key} may be at most {most} numbers, found more with '{part}'.");
            found.AddRange(Enumerable.Range(first, last - first + 1));
        }
        return [.. found];
    }

    /// <summary>One of some words by name; the first is the default.</summary>
    public string Choice(string key, params string[] words)
    {
        string word = Ask(key) ?? words[0];
        return words.Contains(word) ? word : throw new ArgumentException($"'{Text}': {key} must be {string.Join(" or ", words)}, found '{word}'.");
    }

    /// <summary>A word by name.</summary>
    public string Word(string key, string otherwise) => Ask(key) ?? otherwise;

    /// <summary>A word by name; null where there is none.</summary>
    public string? Given(string key) => Ask(key);

    /// <summary>Throws if something was given that nobody asked for.</summary>
    public void Finish()
    {
        string? unknown = values.Keys.FirstOrDefault(key => !asked.Contains(key));
        string known = asked.Count == 0 ? "it takes no settings" : $"known are {string.Join(", ", asked)}";
        if (unknown is not null) throw new ArgumentException($"'{Text}': '{unknown}' is unknown; {known}.");
        if (numbers.Count > 0 && !askedNumbers) throw new ArgumentException($"'{Text}': '{numbers[0]}' is no key=value; {known}.");
    }

    /// <summary>Whether a setting is given.</summary>
    public bool Has(string key) => values.ContainsKey(key);

    /// <inheritdoc/>
    public override string ToString() => Text;

    private string? Ask(string key)
    {
        asked.Add(key);
        return values.GetValueOrDefault(key);
    }

    private int Whole(string key, string value) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : throw new ArgumentException($"'{Text}': {key} must be a whole number, found '{value}'.");

    private double Number(string key, string value)
    {
        bool isNumber = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double result) && double.IsFinite(result);
        return isNumber ? result : throw new ArgumentException($"'{Text}': {key} must be a number, found '{value}'.");
    }
}
