namespace ResearchFreeze.DynamicFreeze;

/// <summary>A setting of a published method.</summary>
/// <param name="Name">Its name, as on the command line.</param>
/// <param name="Default">What it is where nobody says.</param>
/// <param name="Meaning">What it means, in one sentence.</param>
public sealed record MethodSetting(string Name, string Default, string Meaning)
{
    /// <summary>The words that it may be, the default first; empty: it is a number, or any word.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>A setting that is one of some words, the first of which is the default.</summary>
    public static MethodSetting OneOf(string name, string meaning, params string[] choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        return new MethodSetting(name, choices[0], meaning) { Choices = choices };
    }

    /// <summary>Which of two things is meant where a paper and its released code differ: <c>as=paper|code</c>, or <c>as=code|paper</c>.</summary>
    public static MethodSetting As(string meaning, MethodReading otherwise = MethodReading.Paper) =>
        otherwise == MethodReading.Paper ? OneOf("as", meaning, "paper", "code") : OneOf("as", meaning, "code", "paper");

    /// <summary>As it is written with its default: <c>as=paper|code</c>.</summary>
    public override string ToString() => $"{Name}={(Choices.Count > 0 ? string.Join('|', Choices) : Default)}";
}
