namespace ResearchFreeze.Autograd;

/// <summary>A height and a width: a kernel, a stride, a padding. An integer stands for a square.</summary>
public readonly record struct Size2(int Height, int Width)
{
    /// <summary>A square.</summary>
    public static implicit operator Size2(int side) => new(side, side);

    /// <summary>The same as <see cref="implicit operator Size2(int)"/>.</summary>
    public static Size2 FromInt32(int side) => side;

    /// <summary>For example <c>3</c> or <c>3×5</c>.</summary>
    public override string ToString() => Height == Width ? $"{Height}" : $"{Height}×{Width}";
}
