using System.Globalization;

namespace ResearchFreeze.Evaluation;

/// <summary>A number, or a value that it is less or greater than. In order: those that are less than something, numbers, those that are greater.</summary>
/// <param name="Value">The number or the value.</param>
/// <param name="Bound">Which of them.</param>
public readonly record struct BoundedNumber(double Value, Bound Bound = Bound.Exact) : IComparable<BoundedNumber>
{
    /// <inheritdoc/>
    public int CompareTo(BoundedNumber other) => Bound == other.Bound ? Value.CompareTo(other.Value) : Bound.CompareTo(other.Bound);

    /// <summary>As it is printed: <c>0.83</c>, <c>&lt; 0.83</c>, <c>&gt; 0.83</c>.</summary>
    public override string ToString() => (Bound == Bound.Less ? "< " : Bound == Bound.Greater ? "> " : "") + Value.ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>Whether one is less.</summary>
    public static bool operator <(BoundedNumber left, BoundedNumber right) => left.CompareTo(right) < 0;

    /// <summary>Whether one is greater.</summary>
    public static bool operator >(BoundedNumber left, BoundedNumber right) => left.CompareTo(right) > 0;

    /// <summary>Whether one is less or both are alike.</summary>
    public static bool operator <=(BoundedNumber left, BoundedNumber right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one is greater or both are alike.</summary>
    public static bool operator >=(BoundedNumber left, BoundedNumber right) => left.CompareTo(right) >= 0;
}
