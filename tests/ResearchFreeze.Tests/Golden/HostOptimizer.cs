using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Golden;

/// <summary>
/// The optimizer's formulas written out on the host in float64. With the manifest's numbers as they are it does what libtorch does in float64; with the numbers rounded to float32 it
/// does what the library's optimizers do on the reference. Whatever is left between the library and libtorch in float64 is then that rounding.
/// </summary>
internal sealed class HostOptimizer(TrainingManifest manifest, bool rounded)
{
    private readonly Dictionary<string, double[][]> state = new(StringComparer.Ordinal);
    private int steps;

    public void Step(Sequential model)
    {
        steps++;
        Parameter[] trainable = [.. model.Parameters().Where(parameter => parameter.Grad is not null)];
        double[][] gradients = [.. trainable.Select(parameter => Networks.Values(parameter.Grad!))];
        double norm = Math.Sqrt(gradients.Sum(gradient => gradient.Sum(value => value * value)));
        double factor = manifest.ClipNorm == 0 ? 1 : Math.Min(1, manifest.ClipNorm / (norm + 1e-6));
        for (int i = 0; i < trainable.Length; i++)
        {
            Parameter parameter = trainable[i];
            double[] weights = Networks.Values(parameter.Value);
            if (!state.TryGetValue(parameter.Path, out double[][]? memory)) state[parameter.Path] = memory = [new double[weights.Length], new double[weights.Length]];
            for (int j = 0; j < weights.Length; j++) weights[j] = Update(weights[j], factor * gradients[i][j], ref memory[0][j], ref memory[1][j]);
            parameter.Value.Device.Upload(weights, parameter.Value.Range);
        }
    }

    private double Update(double w, double g, ref double first, ref double second)
    {
        OptimizerManifest o = manifest.Optimizer;
        double rate = Number(o.LearningRate), decay = Number(o.WeightDecay);
        if (o.Kind == "adamw")
        {
            double beta1 = Number(o.Beta1), beta2 = Number(o.Beta2);
            first = (beta1 * first) + ((1 - beta1) * g);
            second = (beta2 * second) + ((1 - beta2) * g * g);
            double mean = first / (1 - Math.Pow(beta1, steps)), square = second / (1 - Math.Pow(beta2, steps));
            return (w * (1 - (rate * decay))) - (rate * mean / (Math.Sqrt(square) + Number(o.Epsilon)));
        }
        double momentum = Number(o.Momentum);
        g += decay * w;
        first = (momentum * first) + g;
        return w - (rate * (o.Nesterov ? g + (momentum * first) : first));
    }

    private double Number(double value) => rounded ? (float)value : value;
}
