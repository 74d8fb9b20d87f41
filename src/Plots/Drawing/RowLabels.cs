using ScottPlot;
using ScottPlot.TickGenerators;

namespace ResearchFreeze.Plots;

/// <summary>Names on an axis with a place for each: as many as have room, shortened where they are long.</summary>
internal static class RowLabels
{
    /// <summary>Points that a line of text needs.</summary>
    private const float LineHeight = 15;

    /// <summary>Rows from top to bottom, the first at 0, the second at −1.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="names">The rows' names.</param>
    /// <param name="rowHeight">Points that a row has.</param>
    /// <param name="width">Points that names may have.</param>
    /// <param name="hasTitle">Whether the axis has a title.</param>
    /// <returns>Points left of the plot's area.</returns>
    public static float Left(Plot plot, IReadOnlyList<string> names, float rowHeight, float width, bool hasTitle = false)
    {
        float widest = Place(plot.Axes.Left, names, (int)MathF.Ceiling(LineHeight / rowHeight), width, i => -i);
        plot.Axes.SetLimitsY(-names.Count + 0.5, 0.5);
        float size = widest + (hasTitle ? 40 : 20);
        Panel.LeftSize(plot, size);
        return size;
    }

    /// <summary>Columns from left to right, the first at 0; names stand upright where they are wider than a column.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="names">The columns' names.</param>
    /// <param name="columnWidth">Points that a column has.</param>
    /// <param name="most">Points that upright names may have.</param>
    /// <returns>Points below the plot's area.</returns>
    public static float Bottom(Plot plot, IReadOnlyList<string> names, float columnWidth, float most)
    {
        bool isUpright = names.Any(name => PictureFont.Width(name, Panel.TextSize) > columnWidth - 6);
        float widest = Place(plot.Axes.Bottom, names, isUpright ? (int)MathF.Ceiling(LineHeight / columnWidth) : 1, most, i => i);
        float size = (isUpright ? widest : LineHeight) + 32;
        plot.Axes.Bottom.MinimumSize = size;
        plot.Axes.Bottom.MaximumSize = size;
        if (!isUpright) return size;
        plot.Axes.Bottom.TickLabelStyle.Rotation = -90;
        plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
        return size;
    }

    /// <summary>Puts every so many names on an axis.</summary>
    /// <returns>The widest name's points.</returns>
    private static float Place(IAxis axis, IReadOnlyList<string> names, int every, float most, Func<int, double> place)
    {
        var ticks = new NumericManual();
        float widest = 0;
        for (int i = 0; i < names.Count; i += every)
        {
            string name = PictureFont.Fitted(names[i], Panel.TextSize, most, keepsEnd: true);
            ticks.AddMajor(place(i), name);
            widest = Math.Max(widest, PictureFont.Width(name, Panel.TextSize));
        }
        axis.TickGenerator = ticks;
        axis.MajorTickStyle.Length = 0;
        return widest;
    }
}
