using System.Globalization;
using System.Text.RegularExpressions;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// Runs the inline PTX of <see cref="CorePtx"/> for a warp, by the PTX ISA's words alone: what <c>ldmatrix</c> and <c>mma</c> do is written down from its figures of m8n8, m16n8k8 (.tf32) and m16n8k16 (.bf16), not from our layout.
/// Anything that it does not know throws.
/// </summary>
internal sealed partial class WarpMachine(int sharedBytes)
{
    private const int Lanes = 32;
    private readonly Dictionary<string, uint>[] registers = [.. Enumerable.Range(0, Lanes).Select(_ => new Dictionary<string, uint>())];
    private readonly uint[] shared = new uint[sharedBytes / 4];

    public float Read(int word) => BitConverter.UInt32BitsToSingle(shared[word]);

    /// <summary>Runs a text. Arguments are those of each lane, %0 first.</summary>
    public void Run(string text, Func<int, uint[]> arguments)
    {
        uint[][] given = [.. Enumerable.Range(0, Lanes).Select(arguments)];
        foreach (string statement in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (statement.StartsWith(".reg ", StringComparison.Ordinal)) continue;
            (string name, string rest) = (statement[..statement.IndexOf(' ')], statement[(statement.IndexOf(' ') + 1)..]);
            if (name.StartsWith("ldmatrix.", StringComparison.Ordinal)) LoadMatrices(name, rest, given);
            else if (name.StartsWith("mma.", StringComparison.Ordinal)) Multiply(name, rest);
            else
            {
                for (int lane = 0; lane < Lanes; lane++) One(name, rest, lane, given[lane]);
            }
        }
    }

    private void One(string name, string rest, int lane, uint[] given)
    {
        string[] operands = [.. Operand().Matches(rest).Select(match => match.Value)];
        Dictionary<string, uint> own = registers[lane];
        switch (name)
        {
            case "mov.u32" when operands[1] == "__dyn_shared_alloca":
                own[operands[0]] = 0;
                break;
            case "mov.f32" when operands[1] == "0f00000000":
                own[operands[0]] = 0;
                break;
            case "add.u32":
                own[operands[0]] = Value(operands[1]) + Value(operands[2]);
                break;
            case "cvt.rna.tf32.f32":
                own[operands[0]] = BitConverter.SingleToUInt32Bits(Precisions.Round(BitConverter.UInt32BitsToSingle(Value(operands[1])), Precision.TF32));
                break;
            case "cvt.rn.bf16x2.f32":
                // The first source is the upper half.
                own[operands[0]] = (Half(operands[1]) << 16) | Half(operands[2]);
                break;
            case "st.shared.v4.b32" or "st.shared.v2.f32" or "st.shared.b32":
                int width = name.Contains("v4", StringComparison.Ordinal) ? 4 : name.Contains("v2", StringComparison.Ordinal) ? 2 : 1;
                Assert.Equal(width + 1, operands.Length);
                int at = Address(operands[0], lane);
                Assert.Equal(0, at % (4 * width));
                for (int i = 0; i < width; i++) shared[(at / 4) + i] = Value(operands[i + 1]);
                break;
            default:
                throw new NotSupportedException($"'{name} {rest}' is not known here.");
        }

        uint Value(string operand) => operand[0] == '%' ? given[int.Parse(operand.AsSpan(1), CultureInfo.InvariantCulture)] : own[operand];

        uint Half(string operand) => BitConverter.SingleToUInt32Bits(Precisions.Round(BitConverter.UInt32BitsToSingle(Value(operand)), Precision.BFloat16)) >> 16;
    }

    /// <summary>Four matrices of eight rows of sixteen bytes: lanes 8i to 8i+7 name the rows of matrix i, and lane l is given word l mod 4 of row l / 4 of each.</summary>
    private void LoadMatrices(string name, string rest, uint[][] given)
    {
        Assert.Equal("ldmatrix.sync.aligned.m8n8.x4.shared.b16", name);
        Assert.NotEmpty(given);
        string[] operands = [.. Operand().Matches(rest).Select(match => match.Value)];
        Assert.Equal(5, operands.Length);
        int[] rows = [.. Enumerable.Range(0, Lanes).Select(lane => Address(operands[4], lane))];
        Assert.All(rows, row => Assert.Equal(0, row % 16));
        for (int lane = 0; lane < Lanes; lane++)
        {
            for (int matrix = 0; matrix < 4; matrix++) registers[lane][operands[matrix]] = shared[(rows[(8 * matrix) + (lane / 4)] / 4) + (lane % 4)];
        }
    }

    private void Multiply(string name, string rest)
    {
        bool isHalf = name == "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32";
        Assert.True(isHalf || name == "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", name);
        string[] operands = [.. Operand().Matches(rest).Select(match => match.Value)];
        Assert.Equal(14, operands.Length);
        int depth = isHalf ? 16 : 8;
        double[,] a = new double[16, depth], b = new double[depth, 8], sums = new double[16, 8];
        for (int lane = 0; lane < Lanes; lane++)
        {
            int group = lane / 4, place = lane % 4;
            for (int i = 0; i < 4; i++)
            {
                int row = group + (i % 2 * 8);
                Spread(registers[lane][operands[4 + i]], (k, value) => a[row, k + (i / 2 * (isHalf ? 8 : 4))] = value);
                sums[group + (i / 2 * 8), (2 * place) + (i % 2)] = BitConverter.UInt32BitsToSingle(registers[lane][operands[10 + i]]);
            }
            for (int i = 0; i < 2; i++) Spread(registers[lane][operands[8 + i]], (k, value) => b[k + (i * (isHalf ? 8 : 4)), group] = value);

            void Spread(uint word, Action<int, double> put)
            {
                if (isHalf)
                {
                    put(2 * place, BitConverter.UInt32BitsToSingle(word << 16));
                    put((2 * place) + 1, BitConverter.UInt32BitsToSingle(word & 0xFFFF0000));
                }
                else
                {
                    Assert.Equal(0u, word & 0x1FFF);               // rounded before: a card would cut it off
                    put(place, BitConverter.UInt32BitsToSingle(word));
                }
            }
        }
        for (int lane = 0; lane < Lanes; lane++)
        {
            for (int i = 0; i < 4; i++)
            {
                int row = (lane / 4) + (i / 2 * 8), column = (2 * (lane % 4)) + (i % 2);
                double sum = sums[row, column];
                for (int k = 0; k < depth; k++) sum += a[row, k] * b[k, column];
                registers[lane][operands[i]] = BitConverter.SingleToUInt32Bits((float)sum);
            }
        }
    }

    private int Address(string operand, int lane)
    {
        string[] parts = operand.Trim('[', ']').Split('+');
        return (int)registers[lane][parts[0]] + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
    }

    [GeneratedRegex(@"\[[^\]]+\]|%\d+|[\w]+")]
    private static partial Regex Operand();
}
