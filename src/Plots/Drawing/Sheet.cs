namespace ResearchFreeze.Plots;

/// <summary>What a picture is drawn on: so many pixels wide, and measured in points that grow with it, so that text is as large in a large picture as in a small one.</summary>
/// <param name="PixelWidth">Pixels from left to right.</param>
internal sealed record Sheet(int PixelWidth)
{
    private const float Full = 1000;

    // Smaller text could not be read: a small picture has room for less of it instead.
    private const float SmallestScale = 0.85f;

    /// <summary>Pixels a point.</summary>
    public float Scale => MathF.Max(PixelWidth / Full, SmallestScale);

    /// <summary>Points from left to right.</summary>
    public float Width => PixelWidth / Scale;
}
