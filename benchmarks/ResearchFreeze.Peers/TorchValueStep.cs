using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>
/// Theirs, of images and rows. Units are frozen before anything has run and are not in the optimizer, their batch norms are in evaluation mode, and activations are applied in place; images are in TorchSharp's default layout.
/// </summary>
internal sealed class TorchValueStep : TorchStep
{
    private readonly Mlp? mlp;
    private readonly ImageNetwork? images;
    private readonly SGD optimizer;
    private readonly Tensor inputs;
    private readonly Tensor labels;

    public TorchValueStep(string model, int batch, int frozen)
    {
        long[] sample;
        int classes = 10;
        if (model.StartsWith("mlp:", StringComparison.Ordinal))
        {
            int[] widths = Mlp.ParseWidths(model);
            mlp = new Mlp(widths, 2);
            (sample, classes) = ([widths[0]], widths[^1]);
            for (int i = 0; i < frozen; i++) mlp.Freeze(i);
        }
        else
        {
            // Height, width, channels, as the networks take them.
            long[] image = model.StartsWith("cnn", StringComparison.Ordinal) ? [28, 28, 1] : [32, 32, 3];
            images = ImageNetwork.Create(Full(model), image, classes, 2, ScalarType.Float32, ownOrder: true);
            sample = [image[2], image[0], image[1]];
            foreach (string unit in images.Units.Take(frozen).ToArray()) images.Freeze(unit);
        }
        (double[] values, int[] targets) = SeededData.Patterns(1, batch, (int)sample.Aggregate((a, b) => a * b), classes, 1);
        // A tensor made from an array lies in the array: a copy lies in libtorch's own, aligned memory.
        inputs = tensor(values, [batch, .. sample], dtype: ScalarType.Float32).clone();
        labels = tensor(Array.ConvertAll(targets, value => (long)value)).clone();
        Parameter[] trainable = [.. (mlp is not null ? mlp.Trainable : images!.Trainable).Select(p => p.Value)];
        optimizer = optim.SGD(trainable, 0.01, momentum: 0.9, weight_decay: 1e-4);
    }

    public override void Step()
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        nn.functional.cross_entropy(mlp is not null ? mlp.Forward(inputs) : images!.Forward(inputs), labels).backward();
        optimizer.step();
    }

    public override void Dispose()
    {
        inputs.Dispose();
        labels.Dispose();
        optimizer.Dispose();
        mlp?.Dispose();
        images?.Dispose();
    }

    /// <summary>The spec with the numbers that ours leaves out.</summary>
    private static string Full(string model) => model switch
    {
        "cnn" => "cnn:32,64,128",
        _ when model.StartsWith("resnet:", StringComparison.Ordinal) && !model.Contains(',', StringComparison.Ordinal) => model + ",16",
        _ => model,
    };
}
