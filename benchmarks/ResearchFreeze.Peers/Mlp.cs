using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>Linear layers with ReLU between them and none after the last. Parameters are named by layer: <c>0.weight</c> (outputs, inputs), <c>0.bias</c>, …</summary>
internal sealed class Mlp : IDisposable
{
    private readonly Linear[] layers;

    public Mlp(int[] widths, ulong seed, ScalarType type = ScalarType.Float32)
    {
        Widths = widths;
        layers = new Linear[widths.Length - 1];
        var random = new SeededData(seed);
        using var _ = no_grad();
        for (int i = 0; i < layers.Length; i++)
        {
            layers[i] = nn.Linear(widths[i], widths[i + 1], dtype: type);
            double bound = 1 / Math.Sqrt(widths[i]), forRelu = Math.Sqrt(6) * bound;
            using Tensor weight = tensor(random.Uniform(widths[i] * widths[i + 1], -forRelu, forRelu), [widths[i + 1], widths[i]]);
            using Tensor bias = tensor(random.Uniform(widths[i + 1], -bound, bound), [widths[i + 1]]);
            layers[i].weight.copy_(weight);
            layers[i].bias!.copy_(bias);
        }
    }

    public int[] Widths { get; }

    public int Layers => layers.Length;

    public IEnumerable<(string Name, Parameter Value)> Parameters =>
        layers.SelectMany((layer, i) => new[] { ($"{i}.weight", layer.weight), ($"{i}.bias", layer.bias!) });

    public IEnumerable<(string Name, Parameter Value)> Trainable => Parameters.Where(p => p.Value.requires_grad);

    public static int[] ParseWidths(string spec)
    {
        if (!spec.StartsWith("mlp:", StringComparison.Ordinal)) throw new ArgumentException($"unknown model '{spec}': known is mlp:WIDTH,WIDTH,…");
        string[] parts = spec[4..].Split(',');
        int[] widths = [.. parts.Select(p => int.TryParse(p, out int width) && width > 0 ? width : throw new ArgumentException($"model '{spec}': '{p}' is not a width."))];
        return widths.Length >= 2 ? widths : throw new ArgumentException($"model '{spec}' needs at least two widths.");
    }

    public Tensor Forward(Tensor inputs)
    {
        Tensor x = inputs;
        for (int i = 0; i < layers.Length; i++)
        {
            x = layers[i].forward(x);
            if (i < layers.Length - 1) x = x.relu_();
        }
        return x;
    }

    public void Freeze(int layer)
    {
        layers[layer].weight.requires_grad = false;
        layers[layer].bias!.requires_grad = false;
    }

    public void Dispose()
    {
        foreach (Linear layer in layers) layer.Dispose();
    }
}
