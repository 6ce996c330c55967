"""What API clients send and get. Everything is checked for type, length and shape before a service sees it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Purpose, Role, User
from accounts.sign_in.passwords import LONGEST
from accounts.validators import plain_code, validate_code, validate_full_name, validate_username
from library.activity import services as activity
from library.activity.models import Activity
from library.activity.values import VERB
from library.core import email_addresses as addresses

TOKEN_LENGTH = 2_000


class StrictTextField(serializers.CharField):
    """Text, and nothing that only could be made into text: a number is no password."""

    def to_internal_value(self, value: Any) -> str:
        if not isinstance(value, str):
            self.fail("invalid")
        return super().to_internal_value(value)


class EmailField(StrictTextField, serializers.EmailField):
    """An address; what it gives is ``addresses.cleaned``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=addresses.LONGEST, **options)

    def to_internal_value(self, value: Any) -> str:
        try:
            return addresses.cleaned(super().to_internal_value(value))
        except ValidationError as fault:
            raise serializers.ValidationError(fault.messages) from fault


class PasswordField(StrictTextField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=LONGEST, trim_whitespace=False, write_only=True, style={"input_type": "password"}, **options
        )


class DigitsField(StrictTextField):
    """Six digits, as text: a number would lose the noughts before it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20, validators=[validate_code], write_only=True, **options)

    def to_internal_value(self, value: Any) -> str:
        return plain_code(super().to_internal_value(value))


class CodeRequestSerializer(serializers.Serializer[Any]):
    email = EmailField()
    purpose = serializers.ChoiceField(
        choices=[(purpose.value, purpose.label) for purpose in (Purpose.REGISTER, Purpose.RESET)]
    )


class RegisterSerializer(serializers.Serializer[Any]):
    email = EmailField()
    otp = DigitsField()
    password = PasswordField()
    full_name = StrictTextField(max_length=120, validators=[validate_full_name])
    username = StrictTextField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        validators=[lambda name: validate_username(name) if name else None],
        help_text=_("Left out: one like the name is chosen."),
    )


class ResetSerializer(serializers.Serializer[Any]):
    email = EmailField()
    otp = DigitsField()
    password = PasswordField(help_text=_("The new one."))


class PasswordChangeSerializer(serializers.Serializer[Any]):
    old_password = PasswordField(help_text=_("The present one."))
    password = PasswordField(help_text=_("The new one."))


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text=_("Seconds."))


class InvitationSerializer(serializers.Serializer[Any]):
    token = StrictTextField(max_length=200, help_text=_("What stands at the end of the link in the letter."))


class AcceptInvitationSerializer(InvitationSerializer):
    otp = DigitsField()
    password = PasswordField(required=False, help_text=_("Needed where the address has no account yet."))
    full_name = StrictTextField(max_length=120, required=False, default="", validators=[validate_full_name])
    username = StrictTextField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        validators=[lambda name: validate_username(name) if name else None],
        help_text=_("Left out: one like the name is chosen."),
    )


class UsernameSerializer(serializers.Serializer[Any]):
    available = serializers.BooleanField()
    suggestions = serializers.ListField(child=serializers.CharField())


class LoginBeginSerializer(serializers.Serializer[Any]):
    """The first step."""

    email = EmailField()
    password = PasswordField()


class ChallengeSerializer(serializers.Serializer[Any]):
    challenge = StrictTextField(max_length=200)


class LoginFinishSerializer(ChallengeSerializer):
    """The second step."""

    otp = DigitsField()


class SignedInUserSerializer(serializers.ModelSerializer[User]):
    role = serializers.ChoiceField(choices=Role.choices)

    class Meta:
        model = User
        fields = ["id", "email", "username", "role"]


class SignedInSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()
    user = SignedInUserSerializer()


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = StrictTextField(max_length=TOKEN_LENGTH)


class TokenSerializer(serializers.Serializer[Any]):
    token = StrictTextField(max_length=TOKEN_LENGTH)


class TokenPairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class MeSerializer(serializers.ModelSerializer[User]):
    role = serializers.ChoiceField(choices=Role.choices)
    card_number = serializers.CharField(source="patron.card_number")
    tier = serializers.CharField(source="patron.tier.code", help_text="A code.")
    tier_id = serializers.IntegerField(source="patron.tier_id")
    credits = serializers.SerializerMethodField(help_text=_("Questions to a language model that are left this month."))

    class Meta:
        model = User
        fields = ["id", "email", "username", "full_name", "role", "card_number", "tier", "tier_id", "credits"]

    def get_credits(self, user: User) -> int:
        return 0


class ActivityFilterSerializer(serializers.Serializer[Any]):
    actor = serializers.UUIDField(required=False, help_text=_("What this user did."))
    verb = serializers.RegexField(VERB, max_length=40, required=False, help_text=_("As `account.signed_in`."))
    since = serializers.DateTimeField(required=False, help_text=_("From this moment on."))


class PersonSerializer(serializers.ModelSerializer[User]):
    name = serializers.CharField(source="__str__")

    class Meta:
        model = User
        fields = ["id", "name"]


class ActivitySerializer(serializers.ModelSerializer[Activity]):
    """Readers are told that somebody did it to them, not who."""

    actor = serializers.SerializerMethodField()
    subject = serializers.SerializerMethodField()
    object = serializers.SerializerMethodField(help_text=_("The kind of thing and its id, as `catalog.book 12`."))
    data = serializers.DictField()  # type: ignore[assignment]  # the contract's own word

    class Meta:
        model = Activity
        fields = ["id", "at", "actor", "verb", "subject", "object", "data"]

    @extend_schema_field(PersonSerializer(allow_null=True))
    def get_actor(self, row: Activity) -> dict[str, Any] | None:
        return self._shown(row.actor)

    @extend_schema_field(PersonSerializer(allow_null=True))
    def get_subject(self, row: Activity) -> dict[str, Any] | None:
        return self._shown(row.subject)

    def get_object(self, row: Activity) -> str:
        return f"{row.object_label} {row.object_id}".strip()

    def _shown(self, person: User | None) -> dict[str, Any] | None:
        viewer = self.context["request"].user
        if person is None or not (person == viewer or activity.may_see_all(viewer)):
            return None
        return dict(PersonSerializer(person).data)
