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

    /// <summary>Whether the controller had something frozen at it, or since the measurement of its name before it: what was measured otherwise says how far full training falls by itself.</summary>
    public bool WithFrozen { get; init; }

    /// <summary>How much worse than a value is too much.</summary>
    /// <param name="value">The value.</param>
    /// <param name="margin">A fraction of it.</param>
    /// <param name="fall">How far full training fell by itself (<see cref="OwnFall"/>): no more than that is no sign of damage. A margin in the measurement's own unit is kept as it was given.</param>
    internal double Allowed(double value, double margin, double fall) => Margin ?? Math.Max(margin * Math.Abs(value), fall);

    /// <summary>The margin in words.</summary>
    internal string Words(double value, double margin, double fall) =>
        Margin is { } given ? FormattableString.Invariant($"{given:G3}")
        : fall > margin * Math.Abs(value) ? FormattableString.Invariant($"{fall:G3}, which it fell while nothing was frozen")
        : FormattableString.Invariant($"{100 * margin:G3} %");
}
