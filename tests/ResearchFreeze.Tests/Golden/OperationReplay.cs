using System.Text.Json;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Golden;

/// <summary>One case of an operations file.</summary>
internal sealed record OperationGolden(string Name, string Operation, string[] Inputs, Dictionary<string, JsonElement> Attributes, string Loss);

/// <summary>What README.md says about an operations file's manifest.</summary>
internal sealed record OperationManifest(string Name, OperationGolden[] Cases);

/// <summary>The cases of an operations file on one device: output, loss, and the gradient of every input that libtorch differentiates.</summary>
internal static partial class OperationReplay
{
    private const double Single = 2e-5;

    private const double Exact = 1e-12;

    /// <summary>On the reference where an attribute is a rounded float32 (a smoothing of 0.1): at most 2⁻²⁴ of it, which cosine and sum may double.</summary>
    private const double RoundedAttribute = 1.2e-7;

    /// <summary>Inputs without a gradient. What an operation leaves in its running moments is compared too.</summary>
    private static readonly string[] Constants = ["classWeights", "runningMean", "runningVariance", "mask", "sign", "inputWeight", "hiddenWeight", "inputBias", "hiddenBias"];

    /// <summary>Runs all cases and returns how many.</summary>
    public static int Run(GoldenFile<OperationManifest> file, OperationManifest manifest, Device device, GoldenCheck check)
    {
        int run = 0;
        foreach (OperationGolden golden in manifest.Cases)
        {
            Run(file, golden, device, check);
            run++;
        }
        return run;
    }

    private static void Run(GoldenFile<OperationManifest> file, OperationGolden golden, Device device, GoldenCheck check)
    {
        string where = $"{file.Name}/{golden.Name} on {device.Name}";
        double bound = device is not ReferenceDevice ? Single : HasRoundedAttribute(golden) ? RoundedAttribute : Exact;
        string kind = device is not ReferenceDevice ? "float32" : bound == Exact ? "float64" : "float64, rounded attribute";
        var parameters = new List<Parameter>();
        try
        {
            foreach (string input in golden.Inputs) parameters.Add(NewParameter(file, golden, input, device));
            using var scope = new Scope();
            Tensor y = Apply(file, golden, device, [.. parameters.Select(parameter => parameter.Value)]);
            Assert.Equal(file.Entry($"{golden.Name}/output").Shape, y.Shape);
            double[] output = Networks.Values(y);
            check.Elements($"output, {kind}", where, file.Values($"{golden.Name}/output"), output, bound);
            CheckLoss(file, golden, output, bound, $"loss, {kind}", where, check);
            // A sum of sines passes cos y to the operation; the output itself passes 1.
            Tensor? dy = golden.Loss == "output" ? null : Tensor.From(device, output.Select(Math.Cos).ToArray().AsSpan(), y.Shape);
            y.Backward(dy, ParameterSink.Instance);
            foreach (Parameter parameter in parameters)
            {
                if (parameter.IsFrozen) Assert.Null(parameter.Grad);
                else check.Elements($"gradient, {kind}", $"{where}, {parameter.Path}", file.Values($"{golden.Name}/gradient/{parameter.Path}"), Networks.Values(parameter.Grad!), bound);
                if (parameter.Path.StartsWith("running", StringComparison.Ordinal))
                    check.Elements($"running moments, {kind}", $"{where}, {parameter.Path}", file.Values($"{golden.Name}/after/{parameter.Path}"), Networks.Bits(parameter), bound);
            }
        }
        finally
        {
            foreach (Parameter parameter in parameters) parameter.Dispose();
        }
    }

    private static void CheckLoss(GoldenFile<OperationManifest> file, OperationGolden golden, double[] output, double bound, string kind, string where, GoldenCheck check)
    {
        double expected = file.Scalar($"{golden.Name}/loss");
        if (golden.Loss == "output")
        {
            check.Scalar(kind, where, expected, output.Single(), bound * Math.Abs(expected));
            return;
        }
        Assert.Equal("sum of sines", golden.Loss);
        // The terms may cancel: relative to what they are without their signs, and sin y is off by what y is.
        double scale = output.Sum(value => Math.Max(Math.Abs(Math.Sin(value)), Math.Abs(value)));
        check.Scalar(kind, where, expected, output.Sum(Math.Sin), bound * scale);
    }

    /// <summary>An input; libtorch has a gradient for every one that is no constant.</summary>
    private static Parameter NewParameter(GoldenFile<OperationManifest> file, OperationGolden golden, string input, Device device)
    {
        string name = $"{golden.Name}/input/{input}";
        var parameter = new Parameter(input, file.Entry(name).Shape) { IsFrozen = Constants.Contains(input) };
        Assert.Equal(!parameter.IsFrozen, file.Contains($"{golden.Name}/gradient/{input}"));
        parameter.Materialize(device);
        file.Entry(name).CopyTo(parameter.Value);
        return parameter;
    }

    /// <summary>libtorch itself has a sixth in float32 in the slope of its hard sigmoid, and adds 1e-12 to the squared lengths of a cosine embedding; the scale of attention is a float32 here, and 1/√5 is none.</summary>
    private static bool HasRoundedAttribute(OperationGolden golden) => golden.Operation is "hard sigmoid" or "cosine embedding" || golden is { Operation: "attention", Name: "rounded-scale" } || golden.Operation == "cross entropy" && Real(golden, "smoothing") is double smoothing && smoothing != (float)smoothing;
}
