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
        Variants[] variants = [.. stages.ToArray().OfType<Variants>()];
        this.stages = [.. stages.ToArray().Where(stage => stage is not Data.Variants)];
        if (variants.Length > 1) throw new ArgumentException($"Augmentation: variants is there {variants.Length} times.");
        if (this.stages.Length == 0) throw new ArgumentException("Augmentation: variants changes nothing by itself; say of what, as in flip+variants:2.");
        Variants = variants.Length == 0 ? 0 : variants[0].Count;
    }

    /// <summary>How many versions of an image there are, which come one epoch after another, again and again; 0: each epoch draws new ones.</summary>
    public int Variants { get; }

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
