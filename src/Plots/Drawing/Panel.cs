using ScottPlot;
using ScottPlot.AxisPanels;
using ScottPlot.TickGenerators;

namespace ResearchFreeze.Plots;

/// <summary>A plot of a picture.</summary>
/// <param name="Plot">The plot.</param>
/// <param name="Share">Its share of the picture's height beside other panels.</param>
internal sealed record Panel(Plot Plot, float Share = 1)
{
    /// <summary>Text on axes and in legends, in the sheet's points.</summary>
    public const float TextSize = 13;

    // For numbers on a vertical axis and what they are: the same everywhere, so that panels below each other have their steps at the same places.
    private const float NumbersWidth = 76;

    /// <summary>Marks on an axis, as a part of what the library that draws would have.</summary>
    public const double Density = 0.6;

    /// <summary>A plot in the pictures' style.</summary>
    /// <param name="x">What is along the horizontal axis, with its unit; empty: the panel below says it.</param>
    /// <param name="y">What is along the vertical axis, with its unit.</param>
    public static Plot New(string x, string y)
    {
        PictureFont.Ensure();
        var plot = new Plot();
        // The sheet is cleared once, for all panels.
        plot.RenderManager.ClearCanvasBeforeEachRender = false;
        plot.XLabel(x, TextSize);
        plot.YLabel(y, TextSize);
        plot.Axes.Right.MinimumSize = 18;
        ((AxisBase)plot.Axes.Left).PaddingOutsideAxisLabels = new PixelPadding(10, 0, 0, 0);
        LeftSize(plot, NumbersWidth);
        plot.Axes.Left.TickGenerator = new NumericAutomatic { TickDensity = Density };
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { TickDensity = Density };
        plot.Axes.Top.IsVisible = false;
        plot.Axes.Right.IsVisible = true;
        plot.Axes.Right.FrameLineStyle.Width = 0;
        foreach (IAxis axis in plot.Axes.GetAxes())
        {
            axis.TickLabelStyle.FontSize = TextSize;
            axis.TickLabelStyle.ForeColor = Palette.Text;
            axis.Label.ForeColor = Palette.Text;
            axis.Label.Bold = false;
            axis.MinorTickStyle.Length = 0;
        }
        plot.Grid.MajorLineColor = Palette.Line;
        return plot;
    }

    /// <summary>Points left of the plot's area.</summary>
    public static void LeftSize(Plot plot, float points)
    {
        plot.Axes.Left.MinimumSize = points;
        plot.Axes.Left.MaximumSize = points;
    }

    /// <summary>Whole numbers along the vertical axis.</summary>
    public static void Whole(Plot plot) => plot.Axes.Left.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true, TickDensity = Density };

    /// <summary>Steps along the horizontal axis.</summary>
    public static void Steps(Plot plot, int steps)
    {
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true, TickDensity = Density };
        double last = Math.Max(steps, 1);
        plot.Axes.SetLimitsX(-0.01 * last, 1.01 * last);
    }
}
