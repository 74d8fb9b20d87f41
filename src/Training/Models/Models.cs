using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A model that can be built for some data.</summary>
/// <param name="Build">Makes it from a sample's shape and the number of classes; throws <see cref="ShapeException"/> where they do not fit.</param>
/// <param name="SampleShape">The sample shape that synthetic data should have.</param>
/// <param name="Classes">The classes that synthetic data should have.</param>
public sealed record ModelSpec(Func<Shape, int, Sequential> Build, Shape SampleShape, int Classes)
{
    /// <summary>Builds the model with its start values on a device, unless its weights alone need more memory than this machine has.</summary>
    internal Sequential On(Device device, Shape sample, int classes, ulong seed)
    {
        Sequential model = Build(sample, classes);
        long bytes = model.Parameters().Sum(parameter => (long)parameter.Shape.Count) * device.RealSize, there = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > there)
            throw new ArgumentException(FormattableString.Invariant($"The model's weights need {bytes / 1e9:F1} GB of memory, and this machine has {there / 1e9:F1} GB."));
        model.Initialize(device, seed);
        return model;
    }
}

/// <summary>The built-in models.</summary>
public static partial class Models
{
    /// <summary>A catalogue with all of them, to add more to.</summary>
    public static Catalogue<ModelSpec> Catalogue()
    {
        var models = new Catalogue<ModelSpec>("model");
        models.Add("cnn", "cnn[:32,64,128]", Cnn);
        models.Add("mlp", "mlp:inputs,hidden…,classes", Mlp);
        models.Add("resnet", "resnet:depth[,width]", ResNet);
        return models;
    }

    /// <summary>Linear layers with ReLU between them, one unit each: <c>mlp:784,256,10</c> has units <c>fc1</c> and <c>fc2</c>.</summary>
    public static Sequential Mlp(params ReadOnlySpan<int> widths)
    {
        var modules = new List<(string, Module)> { ("flatten", new Flatten()) };
        for (int i = 1; i < widths.Length; i++)
            modules.Add(($"fc{i}", new Linear(widths[i - 1], widths[i], activation: i == widths.Length - 1 ? Activation.None : Activation.Relu)));
        return new Sequential([.. modules]);
    }

    private static ModelSpec Mlp(Spec spec)
    {
        int[] widths = spec.Integers();
        if (widths.Length < 2) throw new ArgumentException($"'{spec}': needs at least inputs and classes, as in mlp:784,256,10.");
        Positive(spec, widths);
        return new ModelSpec(Build, [widths[0]], widths[^1]);

        Sequential Build(Shape sample, int classes)
        {
            if (sample.Count != widths[0]) throw new ShapeException($"'{spec}' takes {widths[0]} inputs, but a sample of shape {sample} has {sample.Count}.");
            if (classes > widths[^1]) throw new ShapeException($"'{spec}' has {widths[^1]} outputs, but the data has {classes} classes.");
            return Models.Mlp(widths);
        }
    }
}
