using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Cuts images (n, height, width, channels) into square patches and projects each (Dosovitskiy et al. 2021): (n, patches, width), row by row. It is a convolution whose stride is its kernel.</summary>
public sealed class PatchEmbedding : Module
{
    private readonly int patch;

    /// <summary>Patches of this many pixels a side.</summary>
    public PatchEmbedding(int channels, int patch, int width)
    {
        this.patch = patch;
        Projection = Register(nameof(Projection), new Conv2d(channels, width, patch, patch));
    }

    /// <summary>The projection, weights (width, patch, patch, channels).</summary>
    public Conv2d Projection { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Shape.Rank != 4 || input.Shape[1] % patch != 0 || input.Shape[2] % patch != 0) throw new ShapeException($"patches '{Path}': need images whose sides are multiples of {patch}, found {input.Shape}.");
        using Tensor patches = Projection.Forward(input);
        return patches.Reshape([patches.Shape[0], patches.Shape[1] * patches.Shape[2], patches.Shape[3]]);
    }

    /// <summary>For example <c>PatchEmbedding(4, Conv2d(…))</c>.</summary>
    public override string ToString() => $"PatchEmbedding({patch}, {Projection})";
}
