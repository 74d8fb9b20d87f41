using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A model that can be built for some data.</summary>
/// <param name="Build">Makes it from a sample's shape and the number of classes; throws <see cref="ShapeException"/> where they do not fit.</param>
/// <param name="SampleShape">The sample shape that synthetic data should have.</param>
/// <param name="Classes">The classes that synthetic data should have.</param>
public sealed record ModelSpec(Func<Shape, int, Sequential> Build, Shape SampleShape, int Classes)
{
    /// <summary>How it is trained unless the settings say otherwise.</summary>
    public Recipe Recipe { get; init; } = Recipe.Default;

    /// <summary>Builds the model with its start values on a device, unless its weights alone need more memory than this machine has.</summary>
    internal Sequential On(Device device, Shape sample, int classes, ulong seed)
    {
        Sequential model = Build(sample, classes);
        long bytes = model.Parameters().Sum(parameter => (long)parameter.Shape.Count) * device.RealSize, there = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > there)
            throw new ArgumentException(FormattableString.Invariant($"The model's weights need {bytes / 1e9:F1} GB of memory, and this machine has {there / 1e9:F1} GB."));
        // Also where a builder has loaded or trained all of them: random modules start their streams from the run's seed.
        model.InitializeAll(device, seed, overwrites: false);
        return model;
    }
}
