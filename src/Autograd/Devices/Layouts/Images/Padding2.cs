namespace ResearchFreeze.Autograd;

/// <summary>Pixels around images, each edge its own. An integer stands for all four, a <see cref="Size2"/> for above and below, left and right.</summary>
/// <param name="Top">Rows above.</param>
/// <param name="Left">Columns on the left.</param>
/// <param name="Bottom">Rows below.</param>
/// <param name="Right">Columns on the right.</param>
public readonly record struct Padding2(int Top, int Left, int Bottom, int Right)
{
    private const int Unknown = int.MinValue;

    /// <summary>As much as makes ⌈size / stride⌉ outputs of each axis, an odd pixel of it below or on the right: TensorFlow's and, for stride 1, PyTorch's <c>same</c>.</summary>
    public static Padding2 Same => new(Unknown, Unknown, Unknown, Unknown);

    /// <summary>The same at all edges.</summary>
    public static implicit operator Padding2(int all) => new(all, all, all, all);

    /// <summary>The same at opposite edges.</summary>
    public static implicit operator Padding2(Size2 both) => new(both.Height, both.Width, both.Height, both.Width);

    /// <summary>The same as <see cref="implicit operator Padding2(int)"/>.</summary>
    public static Padding2 FromInt32(int all) => all;

    /// <summary>The same as <see cref="implicit operator Padding2(Size2)"/>.</summary>
    public static Padding2 FromSize2(Size2 both) => both;

    /// <summary>For example <c>1</c>, <c>0×2</c>, <c>same</c> or <c>top 0, left 0, bottom 1, right 1</c>.</summary>
    public override string ToString() =>
        this == Same ? "same" : Top == Bottom && Left == Right ? $"{new Size2(Top, Left)}" : $"top {Top}, left {Left}, bottom {Bottom}, right {Right}";

    /// <summary>The pixels that <see cref="Same"/> means for these images; any other padding is itself.</summary>
    internal Padding2 For(Shape images, Size2 kernel, Size2 stride, Size2 dilation)
    {
        if (this != Same) return this;
        (int top, int bottom) = Around(images[1], kernel.Height, stride.Height, dilation.Height);
        (int left, int right) = Around(images[2], kernel.Width, stride.Width, dilation.Width);
        return new Padding2(top, left, bottom, right);
    }

    private static (int Before, int After) Around(int size, int kernel, int stride, int dilation)
    {
        long outputs = ((long)size + stride - 1) / stride;
        int all = (int)Math.Clamp(((outputs - 1) * stride) + (dilation * (kernel - 1L)) + 1 - size, 0, Shape.MaxCount);
        return (all / 2, all - (all / 2));
    }
}
