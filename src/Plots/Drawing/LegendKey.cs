using ScottPlot;

namespace ResearchFreeze.Plots;

/// <summary>What a colour, a line or a shape means.</summary>
/// <param name="Text">In words.</param>
internal sealed record LegendKey(string Text)
{
    /// <summary>A box's colour.</summary>
    public Color? Fill { get; init; }

    /// <summary>A line's colour.</summary>
    public Color? Line { get; init; }

    /// <summary>A line's width.</summary>
    public float LineWidth { get; init; } = 2;

    /// <summary>A shape, on the line if there is one.</summary>
    public MarkerStyle? Marker { get; init; }
}
