using System.Collections.Immutable;
using System.Text;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

internal sealed partial class WorkspacePeople
{
    /// <summary>
    /// People who follow each other in the order. What pages and searches go through lies side by side, since a pass over people
    /// who are spread over the memory mostly waits for the memory. What it says never changes.
    /// </summary>
    private sealed class Block
    {
        /// <summary>People of a new block. One of more than twice as many becomes two.</summary>
        public const int Size = 128;

        // No byte of a text in UTF-8, so that nothing is found in the end of one text and the beginning of the next.
        private const byte EndOfText = 0xFF;

        // The name and the mail of each as they are searched, and where those of each end.
        private readonly byte[] text;
        private readonly int[] ends;

        // By the policy that was last asked for. Any thread may replace it.
        private Given? last;

        public Block(Person[] people)
        {
            (People, Rows, ends) = (people, Array.ConvertAll(people, Row.Of), new int[people.Length]);
            using var all = new MemoryStream(64 * people.Length);
            for (var index = 0; index < people.Length; index++)
            {
                all.Write(TextOf(people[index]));
                ends[index] = (int)all.Length;
            }

            text = all.ToArray();
        }

        private Block(Person[] people, Row[] rows, byte[] text, int[] ends, Given? last) =>
            (People, Rows, this.text, this.ends, this.last) = (people, rows, text, ends, last);

        public Person[] People { get; }

        public Row[] Rows { get; }

        /// <summary>What their groups give each.</summary>
        public Roles[] ByGroups(Grants by)
        {
            if (last is not { } known || known.By != by)
            {
                last = known = new(by, Array.ConvertAll(People, by.RolesOf));
            }

            return known.Roles;
        }

        /// <param name="term">As <see cref="SearchTerm.Fold"/> makes it, in UTF-8. Null for everybody.</param>
        /// <returns>The first, at or behind an index, whose name or mail has it; the number of people if there is none.</returns>
        public int Next(byte[]? term, int index)
        {
            if (term is null || index == ends.Length)
            {
                return index;
            }

            var start = Start(index);
            var found = text.AsSpan(start).IndexOf(term);
            if (found < 0)
            {
                return ends.Length;
            }

            // Whose text ends behind it.
            var whose = Array.BinarySearch(ends, index, ends.Length - index, start + found);
            return whose < 0 ? ~whose : whose + 1;
        }

        /// <summary>The same people but for one, of whom alone anything is made.</summary>
        /// <param name="gone">1: the one of the index is gone; 0: nobody is.</param>
        /// <param name="person">Comes at the index, if not null.</param>
        public Block With(int index, int gone, Person? person)
        {
            Person[] come = person is null ? [] : [person];
            var (from, to) = (Start(index), Start(index + gone));
            byte[] its = person is null ? [] : TextOf(person);
            int[] end = person is null ? [] : [from + its.Length];
            var behind = ends[(index + gone)..];
            for (var other = 0; other < behind.Length; other++)
            {
                behind[other] += its.Length - (to - from);
            }

            var known = last;
            return new(
                [.. People.AsSpan(0, index), .. come, .. People.AsSpan(index + gone)],
                [.. Rows.AsSpan(0, index), .. come.Select(Row.Of), .. Rows.AsSpan(index + gone)],
                [.. text.AsSpan(0, from), .. its, .. text.AsSpan(to)],
                [.. ends.AsSpan(0, index), .. end, .. behind],
                known is null ? null : new(known.By, [.. known.Roles.AsSpan(0, index), .. come.Select(known.By.RolesOf), .. known.Roles.AsSpan(index + gone)]));
        }

        private int Start(int index) => index == 0 ? 0 : ends[index - 1];

        private static byte[] TextOf(Person person) =>
            [.. Encoding.UTF8.GetBytes(SearchTerm.Fold(person.Name)), EndOfText, .. Encoding.UTF8.GetBytes(SearchTerm.Fold(person.Email ?? "")), EndOfText];

        private sealed record Given(Grants By, Roles[] Roles);
    }

    /// <summary>What a list is filtered by, of one person.</summary>
    /// <param name="Contract">The roles that the contract gives.</param>
    private readonly record struct Row(Roles Contract, WorkspaceUserStatus Status, UserType UserType)
    {
        /// <summary>The roles that their groups give.</summary>
        public Roles Groups { get; init; }

        public bool IsSomething => (Contract | Groups) != Roles.None;

        public bool IsBlocked => Status == WorkspaceUserStatus.Blocked;

        public Roles All => Contract | Groups | Roles.User;

        public static Row Of(Person person) => new(person.Contact?.Roles ?? Roles.None, person.Status, person.UserType);

        /// <summary>Of somebody who holds something: whether that is the role, by the source.</summary>
        public bool Has(Roles role, RoleSource? source) =>
            (source is null or RoleSource.Contract && IsAmong(role, Contract))
            || (source is null or RoleSource.EntraGroup && IsAmong(role, Groups))
            || (source is null or RoleSource.Default && IsAmong(role, Roles.User));

        private static bool IsAmong(Roles role, Roles held) => role == Roles.None ? held != Roles.None : (held & role) == role;
    }

    /// <summary>What a policy gives each group by its number. Never changes.</summary>
    private sealed class Grants
    {
        private readonly Roles[] byNumber;
        private readonly Guid tenant;
        private readonly DateOnly start;

        public Grants(AccessPolicy policy, GroupNumbers numbers)
        {
            // Each of its groups gets a number: whatever group gets one later holds no role.
            var given = policy.Groups.Select(group => (Number: numbers.Of(group.GroupId), group.Roles)).ToList();
            (byNumber, tenant, start) = (new Roles[numbers.Count], policy.TenantId, policy.StartDate);
            foreach (var (number, roles) in given)
            {
                byNumber[number] = roles;
            }
        }

        /// <summary>Nobody holds anything before.</summary>
        public bool HaveBegun(DateTimeOffset now) => DateOnly.FromDateTime(now.UtcDateTime) >= start;

        /// <summary>Once they have begun, what <see cref="AccessPolicy.RolesOf(PersonId, ImmutableArray{Guid}, DateTimeOffset)"/> has by groups.</summary>
        public Roles RolesOf(Person person)
        {
            var roles = Roles.None;
            if (person.Id.TenantId == tenant)
            {
                foreach (var number in person.Groups)
                {
                    roles |= number < byNumber.Length ? byNumber[number] : Roles.None;
                }
            }

            return roles;
        }
    }
}
