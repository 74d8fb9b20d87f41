using System.Globalization;

namespace ResearchFreeze.Training;

/// <summary>
/// A name with settings, as written on the command line: <c>name:key=value,…</c> or <c>name:number,…</c>. What reads it asks for each setting by name; what nobody asked for is an error.
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

    /// <summary>Reads a spec.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static Spec Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        var spec = new Spec(text, colon < 0 ? text : text[..colon]);
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

    /// <summary>A whole number by name.</summary>
    public int Integer(string key, int otherwise) => Ask(key) is { } value ? Whole(key, value) : otherwise;

    /// <summary>A real number by name.</summary>
    public double Real(string key, double otherwise)
    {
        if (Ask(key) is not { } value) return otherwise;
        bool isNumber = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double result) && double.IsFinite(result);
        return isNumber ? result : throw new ArgumentException($"'{Text}': {key} must be a number, found '{value}'.");
    }

    /// <summary>A word by name.</summary>
    public string Word(string key, string otherwise) => Ask(key) ?? otherwise;

    /// <summary>Throws if something was given that nobody asked for.</summary>
    public void Finish()
    {
        string? unknown = values.Keys.FirstOrDefault(key => !asked.Contains(key));
        string known = asked.Count == 0 ? "it takes no settings" : $"known are {string.Join(", ", asked)}";
        if (unknown is not null) throw new ArgumentException($"'{Text}': '{unknown}' is unknown; {known}.");
        if (numbers.Count > 0 && !askedNumbers) throw new ArgumentException($"'{Text}': '{numbers[0]}' is no key=value; {known}.");
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private string? Ask(string key)
    {
        asked.Add(key);
        return values.GetValueOrDefault(key);
    }

    private int Whole(string key, string value) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : throw new ArgumentException($"'{Text}': {key} must be a whole number, found '{value}'.");
}
