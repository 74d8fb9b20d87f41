using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>Augmentations of images, one after another: <c>shift:2+flip+cutout:8</c>.</summary>
public sealed class Augmentation
{
    private readonly IAugmentation[] stages;

    /// <summary>A chain of at least one.</summary>
    public Augmentation(params ReadOnlySpan<IAugmentation> stages)
    {
        if (stages.IsEmpty) throw new ArgumentException("Augmentation: expected at least one, found none.");
        this.stages = [.. stages];
    }

    /// <summary>The augmentations in their order.</summary>
    public IReadOnlyList<IAugmentation> Stages => stages;

    /// <summary>Throws where samples of this shape cannot be augmented.</summary>
    /// <exception cref="ShapeException">They are no images (height, width, channels), or an augmentation does not take them.</exception>
    public void Check(Shape sample)
    {
        if (sample.Rank != 3) throw new ShapeException($"Augmentation: needs images (height, width, channels), found a sample of shape {sample}.");
        foreach (IAugmentation stage in stages) stage.Check(sample);
    }
}
