namespace ResearchFreeze.DynamicFreeze;

/// <summary>One measurement on validation data.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The value.</param>
/// <param name="HigherIsBetter">Its direction.</param>
public sealed record ValidationPoint(int Step, string Name, double Value, bool HigherIsBetter)
{
    /// <summary>How much worse is a regression, in the measurement's unit; null: the controller's margins, which are fractions of the value.</summary>
    public double? Margin { get; init; }

    /// <summary>How much worse than a value is too much, given a margin that is a fraction of it.</summary>
    internal double Allowed(double value, double margin) => Margin ?? (margin * Math.Abs(value));

    /// <summary>The margin in words.</summary>
    internal string Words(double margin) => Margin is { } given ? FormattableString.Invariant($"{given:G3}") : FormattableString.Invariant($"{100 * margin:G3} %");
}
