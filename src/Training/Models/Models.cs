using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>The built-in models.</summary>
public static partial class Models
{
    /// <summary>A catalogue with all of them, to add more to.</summary>
    public static Catalogue<ModelSpec> Catalogue()
    {
        var models = new Catalogue<ModelSpec>("model");
        models.Add("cnn", "cnn[:32,64,128]", "Two 3x3 convolutions with max pooling, two linear layers.", Cnn);
        models.Add("mlp", "mlp:inputs,hidden…,classes", "Linear layers with ReLU between them.", Mlp);
        models.Add("resnet", "resnet:depth[,width]", "Residual network for small images (He et al. 2016), depth 6n + 2.", ResNet);
        AddResNets(models);
        AddTransformers(models);
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
        return new ModelSpec(Build, [widths[0]], widths[^1]) { Recipe = Recipe.Mlp };

        Sequential Build(Shape sample, int classes)
        {
            if (sample.Count != widths[0]) throw new ShapeException($"'{spec}' takes {widths[0]} inputs, but a sample of shape {sample} has {sample.Count}.");
            if (classes > widths[^1]) throw new ShapeException($"'{spec}' has {widths[^1]} outputs, but the data has {classes} classes.");
            return Models.Mlp(widths);
        }
    }
}
