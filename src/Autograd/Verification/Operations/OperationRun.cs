namespace ResearchFreeze.Autograd;

/// <summary>What one run of a case gave.</summary>
internal sealed record Outcome(double[] Output, double[]?[] Gradients, long SavedBytes, int BackwardCalls);

/// <summary>A case's inputs on one device. The differentiated ones are parameters, so that a mask is a choice of frozen ones.</summary>
internal sealed class OperationRun : IDisposable
{
    private readonly OperationCase drawn;
    private readonly Device device;
    private readonly List<TensorBase> inputs = [];

    public OperationRun(OperationCase drawn, Device device)
    {
        this.drawn = drawn;
        this.device = device;
        var parameters = new List<Parameter>();
        for (int i = 0; i < drawn.Inputs.Count; i++)
        {
            OperationInput input = drawn.Inputs[i];
            if (input.Integers is { } integers) inputs.Add(IntTensor.From(device, integers, input.Shape).Detach());
            else if (input.IsConstant) inputs.Add(Tensor.From(device, input.Reals!, input.Shape).Detach());
            else parameters.Add(NewParameter(i, input));
        }
        Parameters = parameters;
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    public Tensor Apply() => drawn.Apply!(inputs);

    /// <summary>Forward and backward of Σ sin(y) with only some gradients wanted.</summary>
    public Outcome Result(InputSet wanted)
    {
        Want(wanted);
        using var scope = new Scope();
        long saved = device.Counters.SavedBytes;
        Tensor y = Apply();
        saved = device.Counters.SavedBytes - saved;
        double[] output = GradCheck.Values(y);
        Tensor dy = OutputGradient(y);
        long calls = device.Counters.TotalCalls;
        y.Backward(dy, ParameterSink.Instance);
        calls = device.Counters.TotalCalls - calls;
        return new Outcome(output, Gradients(), saved, (int)calls);
    }

    /// <summary>The gradients when the operation is applied twice to the same inputs and both results count.</summary>
    public double[]?[] TwoUses(InputSet wanted)
    {
        Want(wanted);
        using var scope = new Scope();
        Tensor first = Apply(), second = Apply();
        first.Backward(OutputGradient(first), ParameterSink.Instance);
        second.Backward(OutputGradient(second), ParameterSink.Instance);
        return Gradients();
    }

    public void Dispose()
    {
        foreach (TensorBase input in inputs) input.Dispose();
        foreach (Parameter parameter in Parameters) parameter.Dispose();
    }

    private Parameter NewParameter(int index, OperationInput input)
    {
        var parameter = new Parameter($"input{index}", input.Shape);
        // As an activation, so that what an operation keeps of its inputs is counted.
        parameter.Materialize(device, MemoryKind.Activation);
        device.Upload(input.Reals!, parameter.Value.Range);
        inputs.Add(parameter.Value);
        return parameter;
    }

    private void Want(InputSet wanted)
    {
        for (int i = 0; i < Parameters.Count; i++)
        {
            Parameters[i].IsFrozen = !wanted.Contains(i);
            Parameters[i].ClearGrad();
        }
    }

    private double[]?[] Gradients() => [.. Parameters.Select(parameter => parameter.Grad is { } gradient ? GradCheck.Values(gradient) : null)];

    private Tensor OutputGradient(Tensor y)
    {
        double[] values = GradCheck.Values(y);
        for (int i = 0; i < values.Length; i++) values[i] = Math.Cos(values[i]);
        return Tensor.From(device, values, y.Shape);
    }
}
