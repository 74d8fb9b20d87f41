using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>An input of a case, row-major, in the layout of ResearchFreeze: images (n, height, width, channels), convolution weights (out, kh, kw, in / groups).</summary>
internal sealed record OperationInput(string Name, double[] Values, long[] Shape, bool IsConstant = false);

/// <summary>The cases of one operations file.</summary>
internal sealed class OperationFamily(string name, ulong seed)
{
    private readonly SeededData random = new(seed);
    private readonly TensorFile file = new();
    private readonly JsonArray cases = [];

    public OperationInput Normal(string input, params long[] shape) => new(input, random.Normal(Count(shape)), shape);

    public OperationInput Uniform(string input, double low, double high, params long[] shape) => new(input, random.Uniform(Count(shape), low, high), shape);

    public OperationInput Zeros(string input, params long[] shape) => new(input, new double[Count(shape)], shape);

    /// <summary>Whole multiples of <paramref name="step"/> plus an offset in random order: no two are the same.</summary>
    public OperationInput Distinct(string input, double step, double offset, params long[] shape)
    {
        int count = Count(shape);
        double[] values = [.. Enumerable.Range(0, count).Select(i => (double)(float)(((i - (count / 2)) * step) + offset))];
        for (int i = count - 1; i > 0; i--)
        {
            int j = random.Below(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
        return new OperationInput(input, values, shape);
    }

    /// <summary>Integers that belong to a case, <c>CASE/WHAT</c>.</summary>
    public void AddIntegers(string @case, string what, int[] values, params long[] shape) => file.AddLabels($"{@case}/{what}", values, shape);

    /// <param name="case">Its name.</param>
    /// <param name="operation">What the replay calls.</param>
    /// <param name="attributes">Its constants.</param>
    /// <param name="inputs">In the order of its arguments.</param>
    /// <param name="forward">The operation.</param>
    /// <param name="changed">Constants that the operation writes: what it leaves there, by the input's name.</param>
    public void Add(
        string @case, string operation, JsonObject attributes, OperationInput[] inputs, Func<Tensor[], Tensor> forward, Func<IEnumerable<(string Input, Tensor After)>>? changed = null)
    {
        using var scope = NewDisposeScope();
        // Copies, so that they lie in libtorch's aligned memory and not in the arrays: a product's rounding depends on alignment.
        Tensor[] values = Array.ConvertAll(inputs, i => tensor(i.Values, i.Shape).clone().requires_grad_(!i.IsConstant));
        Tensor output = forward(values);
        bool isScalar = output.dim() == 0;
        Tensor loss = isScalar ? output : output.sin().sum();
        loss.backward();
        file.Add($"{@case}/output", output);
        file.Add($"{@case}/loss", loss);
        for (int i = 0; i < inputs.Length; i++)
        {
            file.Add($"{@case}/input/{inputs[i].Name}", values[i]);
            if (!inputs[i].IsConstant) file.Add($"{@case}/gradient/{inputs[i].Name}", values[i].grad!);
        }
        foreach ((string input, Tensor after) in changed?.Invoke() ?? []) file.Add($"{@case}/after/{input}", after);
        cases.Add(new JsonObject
        {
            ["name"] = @case,
            ["operation"] = operation,
            ["inputs"] = TensorFile.ToJson(inputs.Select(i => i.Name)),
            ["attributes"] = attributes,
            ["loss"] = isScalar ? "output" : "sum of sines",
        });
    }

    public void Write(string folder)
    {
        file.Write(Path.Combine(folder, name), new JsonObject { ["name"] = name, ["versions"] = Versions.Libraries(), ["cases"] = cases });
        Console.WriteLine($"{name}: {cases.Count} cases");
    }

    private static int Count(long[] shape) => (int)shape.Aggregate(1L, (a, b) => a * b);
}
