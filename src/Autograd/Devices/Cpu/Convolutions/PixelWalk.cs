using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Walks over the pixels of images, row by row.</summary>
internal struct PixelWalk
{
    private readonly Size2 grid;

    public PixelWalk(Size2 grid, int first)
    {
        this.grid = grid;
        (int rest, Column) = Math.DivRem(first, grid.Width);
        (Image, Row) = Math.DivRem(rest, grid.Height);
    }

    public int Image { get; private set; }

    public int Row { get; private set; }

    public int Column { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next()
    {
        if (++Column < grid.Width) return;
        Column = 0;
        if (++Row < grid.Height) return;
        Row = 0;
        Image++;
    }
}
