using System.Globalization;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>The settings of a method with their values: what was given, and the defaults of its card for the others.</summary>
public sealed class MethodSettings
{
    private readonly string method;
    private readonly Dictionary<string, string> values;

    /// <summary>Settings of a method.</summary>
    /// <param name="card">The method's card.</param>
    /// <param name="given">What was given, by name.</param>
    /// <exception cref="ArgumentException">One is unknown, or none of the words that it may be.</exception>
    public MethodSettings(MethodCard card, IReadOnlyDictionary<string, string> given)
    {
        ArgumentNullException.ThrowIfNull(card);
        ArgumentNullException.ThrowIfNull(given);
        method = card.Name;
        values = card.Settings.ToDictionary(setting => setting.Name, setting => given.GetValueOrDefault(setting.Name) ?? setting.Default, StringComparer.Ordinal);
        foreach (string name in given.Keys)
        {
            if (!values.ContainsKey(name)) throw new ArgumentException($"'{method}': '{name}' is unknown; {(values.Count == 0 ? "it takes no settings" : $"known are {string.Join(", ", values.Keys)}")}.");
        }
        foreach (MethodSetting setting in card.Settings)
        {
            if (setting.Choices.Count > 0 && !setting.Choices.Contains(values[setting.Name])) throw new ArgumentException($"'{method}': {setting.Name} must be {string.Join(" or ", setting.Choices)}, found '{values[setting.Name]}'.");
        }
    }

    /// <summary>Whether a setting is this word.</summary>
    public bool Is(string name, string word) => Word(name) == word;

    /// <summary>A word.</summary>
    public string Word(string name) => values[name];

    /// <summary>Which reading <c>as</c> asks for.</summary>
    public MethodReading Reading() => Is("as", "code") ? MethodReading.Code : MethodReading.Paper;

    /// <summary>0 or 1.</summary>
    public bool Flag(string name) => Word(name) switch
    {
        "0" => false,
        "1" => true,
        string found => throw new ArgumentException($"'{method}': {name} must be 0 or 1, found '{found}'."),
    };

    /// <summary>A whole number.</summary>
    public int Integer(string name) =>
        int.TryParse(Word(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : throw new ArgumentException($"'{method}': {name} must be a whole number, found '{Word(name)}'.");

    /// <summary>A finite number.</summary>
    public double Real(string name) =>
        double.TryParse(Word(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : throw new ArgumentException($"'{method}': {name} must be a number, found '{Word(name)}'.");
}
