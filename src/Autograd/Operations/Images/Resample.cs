namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>Each pixel of images (n, height, width, channels) repeated this often along height and width: the nearest neighbour's resampling by whole factors.</summary>
    /// <exception cref="ShapeException">These are no images, or a factor is less than 1.</exception>
    public Tensor UpsampleNearest(Size2 factor)
    {
        RequireImages("upsample", factor);
        (int n, int h, int w, int c) = (Shape[0], Shape[1], Shape[2], Shape[3]);
        return Reshape(n, h, 1, w, 1, c).Expand([n, h, factor.Height, w, factor.Width, c]).Reshape(n, h * factor.Height, w * factor.Width, c);
    }

    /// <summary>
    /// Images (n, height, width, channels) of another size by bilinear interpolation: pixel centres lie at whole numbers plus ½ (PyTorch's <c>align_corners=False</c>) or, with <paramref name="alignCorners"/>, the corner
    /// pixels' centres on one another. Two products with matrices of two entries a row.
    /// </summary>
    /// <exception cref="ShapeException">These are no images, or a size is less than 1.</exception>
    public Tensor ResampleLinear(Size2 size, bool alignCorners = false)
    {
        RequireImages("resample", size);
        (int n, int h, int w, int c) = (Shape[0], Shape[1], Shape[2], Shape[3]);
        // The matrices are uploaded each time: a few kilobytes beside images.
        Tensor rows = size.Height == h ? this : Interpolation(Device, h, size.Height, alignCorners).MatMul(Reshape(n, h, w * c)).Reshape(n, size.Height, w, c);
        if (size.Width == w) return ReferenceEquals(rows, this) ? Reshape(Shape) : rows;
        return Interpolation(Device, w, size.Width, alignCorners).MatMul(rows.Reshape(n * size.Height, w, c)).Reshape(n, size.Height, size.Width, c);
    }

    /// <summary>The matrix (to, from) of linear interpolation along one axis.</summary>
    private static Tensor Interpolation(Device device, int from, int to, bool alignCorners)
    {
        var weights = new double[checked(to * from)];
        for (int i = 0; i < to; i++)
        {
            double place = alignCorners ? (to == 1 ? 0 : i * (from - 1.0) / (to - 1)) : Math.Max(0, ((i + 0.5) * from / to) - 0.5);
            int low = Math.Min((int)place, from - 1), high = Math.Min(low + 1, from - 1);
            double part = place - low;
            weights[(i * from) + low] += 1 - part;
            weights[(i * from) + high] += part;
        }
        return From(device, weights, [to, from]);
    }

    private void RequireImages(string operation, Size2 size)
    {
        if (Shape.Rank != 4 || Shape[1] == 0 || Shape[2] == 0) throw new ShapeException($"{operation}: needs images (n, height, width, channels), found {Shape}.");
        if (size.Height < 1 || size.Width < 1) throw new ShapeException($"{operation}: needs numbers of at least 1, found {size}.");
    }
}
