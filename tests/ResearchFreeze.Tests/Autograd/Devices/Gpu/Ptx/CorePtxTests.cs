using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>The inline PTX of the matrix cores, run by <see cref="WarpMachine"/> as the PTX ISA defines it: a wrong register, address or order gives a wrong product. What is left for a card to show is that it does what the ISA says.</summary>
public sealed class CorePtxTests
{
    [Theory]
    [InlineData("TF32", true, true)]
    [InlineData("TF32", false, false)]
    [InlineData("BFloat16", true, false)]
    [InlineData("BFloat16", false, true)]
    public void TwoStepsMultiplyWhatWasStored(string format, bool isTall, bool isDeep)
    {
        Precision precision = Enum.Parse<Precision>(format);
        int packed = precision == Precision.TF32 ? 1 : 2, depth = CoreLayout.SliceWords * packed, rows = isTall ? 64 : 32, linesB = rows * CoreLayout.Pitch * 4;
        var machine = new WarpMachine(sharedBytes: (64 + 32) * CoreLayout.Pitch * 4);
        var random = new RandomStream(11, "warp");
        float[][] a = Draw(rows), b = Draw(32);
        machine.Run(CorePtx.Begin, _ => []);
        Put(a, 0);
        Put(b, linesB);
        for (int step = 0; step < CoreLayout.SliceWords; step += CoreLayout.StepWords)
        {
            string text = (precision, isTall) switch
            {
                (Precision.TF32, true) => CorePtx.Tf32Tall,
                (Precision.TF32, false) => CorePtx.Tf32Short,
                (_, true) => CorePtx.BFloat16Tall,
                _ => CorePtx.BFloat16Short,
            };
            machine.Run(text, lane => [(uint)(4 * (CoreLayout.LaneA(lane) + step)), (uint)(linesB + (4 * (CoreLayout.LaneB(lane) + step)))]);
        }
        for (int block = 0; block < rows / 16; block++)
        {
            machine.Run(block switch { 0 => CorePtx.PutSums0, 1 => CorePtx.PutSums1, 2 => CorePtx.PutSums2, _ => CorePtx.PutSums3 }, lane => [(uint)(4 * CoreLayout.LaneC(lane))]);
            for (int row = 0; row < 16; row++)
            {
                for (int column = 0; column < 32; column++)
                {
                    double expected = 0;
                    for (int k = 0; k < depth; k++) expected += (double)Precisions.Round(a[(16 * block) + row][k], precision) * Precisions.Round(b[column][k], precision);
                    Assert.Equal(expected, machine.Read((row * CoreLayout.StorePitch) + column), 1e-5);
                }
            }
        }

        float[][] Draw(int lines) => [.. Enumerable.Range(0, lines).Select(_ => Enumerable.Range(0, depth).Select(_ => (float)random.NextNormal()).ToArray())];

        // As a group's threads do, 32 at a time: four words of a line each, or a word of four lines.
        void Put(float[][] lines, int from)
        {
            string text = (precision, isDeep) switch
            {
                (Precision.TF32, true) => CorePtx.Tf32PutDepth,
                (Precision.TF32, false) => CorePtx.Tf32PutLines,
                (_, true) => CorePtx.BFloat16PutDepth,
                _ => CorePtx.BFloat16PutLines,
            };
            for (int first = 0; first < lines.Length; first += isDeep ? 8 : 32)
            {
                for (int part = 0; part < (isDeep ? 1 : 4); part++)
                {
                    int word = 4 * part;
                    machine.Run(text, lane =>
                    {
                        int line = isDeep ? first + (lane / 4) : first + (lane / 4 * 4), at = isDeep ? lane % 4 * 4 : word + (lane % 4), k = at * packed;
                        uint address = (uint)(from + (4 * ((line * CoreLayout.Pitch) + at)));
                        float[] values = isDeep ? lines[line][k..(k + (4 * packed))] : [.. Enumerable.Range(0, 4 * packed).Select(i => lines[line + (i % 4)][k + (i / 4)])];
                        return [address, .. values.Select(BitConverter.SingleToUInt32Bits)];
                    });
                }
            }
        }
    }

    [Fact]
    public void WhatTheMachineDoesNotKnowThrows()
    {
        var machine = new WarpMachine(64);
        Assert.Throws<NotSupportedException>(() => machine.Run("mul.f32 rfa0, rfa1, rfa2;", _ => []));
    }
}
