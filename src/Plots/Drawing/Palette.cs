using ScottPlot;

namespace ResearchFreeze.Plots;

/// <summary>Colours that are told apart with any colour vision (Okabe and Ito 2008). What is beside each other differs in lightness too, for print in grey.</summary>
internal static class Palette
{
    public static readonly Color Black = new("#000000");
    public static readonly Color Text = new("#222222");
    public static readonly Color Quiet = new("#555555");
    public static readonly Color Line = new("#DDDDDD");
    public static readonly Color White = new("#FFFFFF");
    public static readonly Color Orange = new("#E69F00");
    public static readonly Color Sky = new("#56B4E9");
    public static readonly Color Green = new("#009E73");
    public static readonly Color Yellow = new("#F0E442");
    public static readonly Color Blue = new("#0072B2");
    public static readonly Color Vermillion = new("#D55E00");
    public static readonly Color Purple = new("#CC79A7");

    /// <summary>For things of a kind without an order.</summary>
    public static readonly Color[] Series = [Blue, Orange, Green, Purple, Vermillion, Sky, Black];

    /// <summary>Shapes beside <see cref="Series"/>, for those who do not see the colours.</summary>
    public static readonly MarkerShape[] Shapes = [MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond, MarkerShape.FilledTriangleDown, MarkerShape.OpenCircle, MarkerShape.OpenSquare];

    private static readonly Color Deep = new("#08306B");
    private static readonly Color Violet = new("#440154");
    private static readonly Color Teal = new("#21918C");
    private static readonly Color Lime = new("#C2DF23");

    /// <summary>For things in an order, from dark to light.</summary>
    public static Color InOrder(double fraction) => fraction < 0.5 ? Mixed(Violet, Teal, 2 * fraction) : Mixed(Teal, Lime, (2 * fraction) - 1);

    /// <summary>For a share, from white to dark.</summary>
    public static Color Share(double fraction) => fraction < 0.5 ? Mixed(White, Sky, 2 * fraction) : Mixed(Sky, Deep, (2 * fraction) - 1);

    /// <summary>What is read on a colour.</summary>
    public static Color On(Color background) => ((0.299 * background.R) + (0.587 * background.G) + (0.114 * background.B)) > 140 ? Black : White;

    private static Color Mixed(Color from, Color to, double fraction) => from.InterpolateRgb(to, fraction);
}
