using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>LSTM and GRU against their formulas written out in double precision, with sequences that end early, and their gradients against difference quotients.</summary>
public sealed class RecurrentTests
{
    private const int Count = 3, Steps = 4, Inputs = 2, Hidden = 3;
    private static readonly int[] Lengths = [4, 0, 2];

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void StepsAreThoseOfTheFormulas(bool isLstm, bool endsEarly)
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using Recurrent layer = Make(isLstm).Initialize(device, 5);
            using var scope = new Scope();
            Tensor x = Sequences(device);
            RecurrentState found = layer.Forward(x, null, endsEarly ? IntTensor.From(device, Lengths) : null);
            (double[] outputs, double[] hidden, double[] cell) = ByHand(layer, isLstm, x.ToDoubles(), endsEarly ? Lengths : [Steps, Steps, Steps]);
            Same(outputs, found.Outputs.ToDoubles());
            Same(hidden, found.Hidden.ToDoubles());
            Assert.Equal(isLstm, found.Cell is not null);
            if (isLstm) Same(cell, found.Cell!.ToDoubles());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void GradientsAreThoseOfDifferenceQuotients(bool isLstm)
    {
        using var device = new ReferenceDevice();
        using Recurrent layer = Make(isLstm).Initialize(device, 5);
        var x = new Parameter("x", [Count, Steps, Inputs]);
        x.Materialize(device);
        using (var scope = new Scope()) x.Set(Sequences(device).ToArray());
        double error = GradCheck.Run($"{layer}", () =>
        {
            RecurrentState state = layer.Forward(x, null, IntTensor.From(device, Lengths));
            return state.Outputs.Square().Sum() + state.Hidden.Sum() + (state.Cell?.Square().Sum() ?? state.Hidden.Sum());
        }, [x, .. layer.Parameters()]);
        Assert.InRange(error, 0, 1e-6);
        x.Dispose();
    }

    [Fact]
    public void ARunInTwoPartsIsTheWhole()
    {
        using var device = new ReferenceDevice();
        using Lstm layer = new Lstm(Inputs, Hidden).Initialize(device, 1);
        using var scope = new Scope();
        Tensor x = Sequences(device);
        RecurrentState first = layer.Forward(x.Slice(1, 0, 1), null), second = layer.Forward(x.Slice(1, 1, Steps), first), whole = layer.Forward(x);
        Same(whole.Hidden.ToDoubles(), second.Hidden.ToDoubles());
        Same(whole.Cell!.ToDoubles(), second.Cell!.ToDoubles());
    }

    [Fact]
    public void MoreStepsThanAnOperationTakesTensorsAreJoined()
    {
        using var device = new CpuDevice();
        using Gru layer = new Gru(1, 2).Initialize(device, 1);
        using var scope = new Scope();
        RecurrentState state = layer.Forward(Tensor.Full(device, [2, 70, 1], 0.5));
        Assert.Equal(new Shape(2, 70, 2), state.Outputs.Shape);
        Assert.Equal(state.Hidden.ToArray(), state.Outputs.Slice(1, -1, null).ToArray());
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        using var device = new CpuDevice();
        using Gru layer = new Gru(2, 3).Initialize(device, 1);
        using var scope = new Scope();
        Assert.Contains("(n, steps, 2), found (2, 3)", Assert.Throws<ShapeException>(() => layer.Forward(Tensor.Zeros(device, [2, 3]))).Message, StringComparison.Ordinal);
        Tensor x = Tensor.Zeros(device, [2, 4, 2]);
        Assert.Contains("2 sequences need 2 lengths", Assert.Throws<ShapeException>(() => layer.Forward(x, null, IntTensor.From(device, [1]))).Message, StringComparison.Ordinal);
        Assert.Contains("length 5", Assert.Throws<ArgumentOutOfRangeException>(() => layer.Forward(x, null, IntTensor.From(device, [1, 5]))).Message, StringComparison.Ordinal);
        Assert.Contains("has shape (2, 3), found (2, 2)", Assert.Throws<ShapeException>(() => layer.Forward(x, new RecurrentState(x, Tensor.Zeros(device, [2, 2])))).Message, StringComparison.Ordinal);
    }

    private static Recurrent Make(bool isLstm) => isLstm ? new Lstm(Inputs, Hidden) : new Gru(Inputs, Hidden);

    private static Tensor Sequences(Device device) =>
        Tensor.From(device, [.. Enumerable.Range(0, Count * Steps * Inputs).Select(i => (float)Math.Sin(i * 1.7))], [Count, Steps, Inputs]);

    private static (double[] Outputs, double[] Hidden, double[] Cell) ByHand(Recurrent layer, bool isLstm, double[] x, int[] lengths)
    {
        double[] wx = layer.InputWeight.Value.ToDoubles(), wh = layer.HiddenWeight.Value.ToDoubles(), bx = layer.InputBias.Value.ToDoubles(), bh = layer.HiddenBias.Value.ToDoubles();
        double[] outputs = new double[Count * Steps * Hidden], hidden = new double[Count * Hidden], cell = new double[Count * Hidden];
        for (int n = 0; n < Count; n++)
        {
            for (int step = 0; step < lengths[n]; step++)
            {
                double[] before = hidden[(n * Hidden)..((n + 1) * Hidden)];
                double FromInput(int gate, int j) => bx[(gate * Hidden) + j] + Enumerable.Range(0, Inputs).Sum(i => wx[(((gate * Hidden) + j) * Inputs) + i] * x[(((n * Steps) + step) * Inputs) + i]);
                double FromHidden(int gate, int j) => bh[(gate * Hidden) + j] + Enumerable.Range(0, Hidden).Sum(i => wh[(((gate * Hidden) + j) * Hidden) + i] * before[i]);
                for (int j = 0; j < Hidden; j++)
                {
                    ref double h = ref hidden[(n * Hidden) + j];
                    ref double c = ref cell[(n * Hidden) + j];
                    if (isLstm)
                    {
                        double[] gates = [.. Enumerable.Range(0, 4).Select(gate => FromInput(gate, j) + FromHidden(gate, j))];
                        c = (Sigmoid(gates[1]) * c) + (Sigmoid(gates[0]) * Math.Tanh(gates[2]));
                        h = Sigmoid(gates[3]) * Math.Tanh(c);
                    }
                    else
                    {
                        double r = Sigmoid(FromInput(0, j) + FromHidden(0, j)), z = Sigmoid(FromInput(1, j) + FromHidden(1, j)), candidate = Math.Tanh(FromInput(2, j) + (r * FromHidden(2, j)));
                        h = ((1 - z) * candidate) + (z * before[j]);
                    }
                    outputs[(((n * Steps) + step) * Hidden) + j] = h;
                }
            }
        }
        return (outputs, hidden, cell);

        static double Sigmoid(double value) => 1 / (1 + Math.Exp(-value));
    }

    private static void Same(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 2e-6);
    }
}
